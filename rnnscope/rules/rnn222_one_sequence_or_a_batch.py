"""RNN222: a planned 2-D input, which is one sequence and not a batch."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.rules.rnn215_missing_time_axis import is_step_of_a_batch
from rnnscope.subjects import Plan
from rnnscope.subjects.state_shapes import sizes_text


@rule("RNN222", "one-sequence-or-a-batch", Severity.HINT, Plan)
def one_sequence_or_a_batch(plan: Plan) -> Iterator[Problem]:
    """A 2-D input is one sequence, not a batch of single steps.

    What it does
    ------------
    Looks for a planned input with two axes, given to a whole layer.

    Why is this bad?
    ----------------
    It is right when one sequence is meant. A batch (N, H_in) however is read as one sequence of N
    steps: the call runs, and each sample depends on those before it. It is a hint: from the sizes
    nobody can know which was meant.

    Example
    -------
    $ rnnscope check LSTM 10 20 --input 3,10  # RNN222

    Use instead
    -----------
    $ rnnscope check LSTM 10 20 --input 1,3,10
    """
    call = plan.call
    given = call.input
    if given is None or call.config.single_step or not given.is_tensor or not given.shape:
        return
    if given.ndim == 2 and not is_step_of_a_batch(call):
        axis = 1 if call.config.batch_first else 0
        yield Problem(
            f"input {sizes_text(given.shape)} is read as (L, H_in): one sequence of "
            f"{given.shape[0]} steps. If these are {given.shape[0]} samples, it would run and be "
            "wrong.",
            f"input = input.unsqueeze({axis})  # one step of {given.shape[0]} samples",
        )
