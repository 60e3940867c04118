"""RNN209: a tuple of states for a layer that has one state."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import LayerCall
from rnnscope.subjects.state_shapes import state_names


@rule("RNN209", "tuple-to-gru", Severity.ERROR, LayerCall)
def tuple_to_gru(call: LayerCall) -> Iterator[Problem]:
    """A GRU or RNN takes one state, not a tuple.

    What it does
    ------------
    Looks for a tuple or a list of states given to a GRU, an RNN or one of their cells.

    Why is this bad?
    ----------------
    Only the LSTM has a cell state. Code that was written for an LSTM passes (h_0, c_0), and torch
    answers that a tuple has no attribute 'dim' or 'size', without a word about states.

    Example
    -------
    gru = nn.GRU(10, 20)
    x = torch.randn(5, 3, 10)
    h_0 = torch.zeros(1, 3, 20)
    c_0 = torch.zeros(1, 3, 20)
    output, h_n = gru(x, (h_0, c_0))  # RNN209

    Use instead
    -----------
    gru = nn.GRU(10, 20)
    x = torch.randn(5, 3, 10)
    h_0 = torch.zeros(1, 3, 20)
    output, h_n = gru(x, h_0)
    """
    if call.hx is None or call.hx.type not in ("tuple", "list"):
        return
    if len(state_names(call.config)) == 1:
        name = call.config.kind or "GRU or RNN"
        yield Problem(
            f"h_0 of a {name} is one tensor, got a {call.hx.type} of {len(call.hx.items)}: "
            "only an LSTM has a second state, c_0.",
            "h_0 = h_0[0]  # or pass h_0 alone",
        )
