"""RNN452: the states of an LSTM used as one tensor."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN452", "state-pair-as-tensor", Severity.ERROR, Reading)
def state_pair_as_tensor(reading: Reading) -> Iterator[Problem]:
    """The state of an LSTM is the pair (h, c), and the pair was used as a tensor.

    What it does
    ------------
    Explains the messages about detach, to, cuda and the like on a tuple.

    Why is this bad?
    ----------------
    Code for a GRU detaches, moves or indexes one tensor. An LSTM has two, and a tuple has none of
    these methods.

    Example
    -------
    lstm = nn.LSTM(10, 20)
    output, state = lstm(torch.randn(5, 3, 10))
    state = state.detach()  # RNN452

    Use instead
    -----------
    lstm = nn.LSTM(10, 20)
    output, state = lstm(torch.randn(5, 3, 10))
    state = tuple(part.detach() for part in state)
    """
    method = reading.failure.text.rpartition("no attribute '")[2].partition("'")[0]
    yield Problem(
        f"a tuple has no {method}: the state of an LSTM is the pair (h_n, c_n), and each of the "
        "two must be treated by itself.",
        f"state = tuple(part.{method}({'' if method == 'detach' else '...'}) for part in state)",
    )
