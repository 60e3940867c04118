"""RNN454: a result unpacked as that of another kind of layer."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN454", "unpacked-as-another-layer", Severity.ERROR, Reading)
def unpacked_as_another_layer(reading: Reading) -> Iterator[Problem]:
    """The result of a layer was unpacked as that of another kind.

    What it does
    ------------
    Explains the messages about values to unpack.

    Why is this bad?
    ----------------
    An LSTM returns (output, (h_n, c_n)), a GRU and an RNN (output, h_n), an LSTMCell (h, c), a
    GRUCell h alone. A tensor can be unpacked too, along its first axis: with two layers `out, (h,
    c) = gru(x)` runs, and h and c are two layers.

    Example
    -------
    gru = nn.GRU(10, 20)
    output, (h, c) = gru(torch.randn(5, 3, 10))  # RNN454

    Use instead
    -----------
    gru = nn.GRU(10, 20)
    output, h = gru(torch.randn(5, 3, 10))
    """
    yield Problem(
        "the result has another structure: LSTM gives output, (h_n, c_n); GRU and RNN output, "
        "h_n; LSTMCell h, c; GRUCell and RNNCell h alone. A tensor unpacks along its first axis.",
        "output, h = gru(input)  # output, (h, c) = lstm(input)",
    )
