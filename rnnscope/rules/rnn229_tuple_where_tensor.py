"""RNN229: a tuple for an input or state that must be a tensor."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN229", "tuple-where-tensor", Severity.ERROR, Reading)
def tuple_where_tensor(reading: Reading) -> Iterator[Problem]:
    """A tuple came where a layer needs a tensor.

    What it does
    ------------
    Explains the messages that a tuple has no attribute 'dim', 'size' or 'index_select'.

    Why is this bad?
    ----------------
    Recurrent layers return (output, states), so nn.Sequential hands the next layer a tuple. And
    (h, c) are the states of an LSTM; a GRU or RNN takes one tensor.

    Example
    -------
    gru = nn.GRU(10, 20)
    state = torch.zeros(1, 3, 20)
    output, h_n = gru(torch.randn(5, 3, 10), (state, state))  # RNN209

    Use instead
    -----------
    gru = nn.GRU(10, 20)
    state = torch.zeros(1, 3, 20)
    output, h_n = gru(torch.randn(5, 3, 10), state)
    """
    yield Problem(
        "a tuple came where a tensor is needed: either the states (h_0, c_0) of an LSTM given "
        "to a GRU or RNN, which have one state; or the result (output, states) of a recurrent "
        "layer given to the next layer, as nn.Sequential does.",
        "gru(input, h_0)  # or: output, _ = lstm(input); output = next_layer(output)",
    )
