"""RNN221: a batch as large as D*num_layers, so that torch cannot notice batch-first states."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import UNKNOWN, Plan
from rnnscope.subjects.state_shapes import expected_states, given_states, sizes_text


@rule("RNN221", "indistinguishable-states", Severity.HINT, Plan)
def indistinguishable_states(plan: Plan) -> Iterator[Problem]:
    """The batch is as large as D*num_layers, so batch-first states would pass unnoticed.

    What it does
    ------------
    Looks for planned states whose first two axes have the same size.

    Why is this bad?
    ----------------
    torch tells batch-first states by their shape alone. When N equals D*num_layers both orders have
    the same shape: the call runs, and every sample starts from a mixture of layers and samples. It
    is a hint: from the sizes nobody can know which order was meant.

    Example
    -------
    $ rnnscope check LSTM 10 20 --layers 2 --batch-first --input 2,5,10 --h0 2,2,20  # RNN221

    Use instead
    -----------
    $ rnnscope check LSTM 10 20 --layers 2 --batch-first --input 3,5,10 --h0 2,3,20
    """
    expected = expected_states(plan.call)
    for name in given_states(plan.call):
        shape = expected[name].shape
        given = given_states(plan.call)[name].shape
        if len(shape) == 3 and shape[0] == shape[1] != UNKNOWN and shape[0] > 1 and given == shape:
            yield Problem(
                f"{name} {sizes_text(shape)} fits as {expected[name].symbols}, and would fit as "
                f"(N, D*num_layers, {expected[name].axes[2].size.symbol}) too, since N = "
                f"D*num_layers = {shape[0]}: built batch first, it would run and be wrong.",
                "try the call with another batch size: a batch-first state then raises",
            )
            return
