"""RNN216: more or fewer states than an LSTM has."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import LayerCall
from rnnscope.subjects.state_shapes import state_names


@rule("RNN216", "number-of-states", Severity.ERROR, LayerCall)
def number_of_states(call: LayerCall) -> Iterator[Problem]:
    """An LSTM takes exactly two states.

    What it does
    ------------
    Counts the tensors in the tuple of states given to an LSTM or LSTMCell.

    Why is this bad?
    ----------------
    The pair is (h_0, c_0). A third tensor is often one state for each layer: layers are slots of
    one tensor, not items of the tuple.

    Example
    -------
    lstm = nn.LSTM(10, 20, num_layers=3)
    x = torch.randn(5, 3, 10)
    states = [torch.zeros(1, 3, 20) for _ in range(3)]
    output, _ = lstm(x, states)  # RNN216

    Use instead
    -----------
    lstm = nn.LSTM(10, 20, num_layers=3)
    x = torch.randn(5, 3, 10)
    h_0 = torch.zeros(3, 3, 20)
    c_0 = torch.zeros(3, 3, 20)
    output, _ = lstm(x, (h_0, c_0))
    """
    if call.hx is None or call.hx.type not in ("tuple", "list"):
        return
    names = state_names(call.config)
    if len(names) == 2 and len(call.hx.items) != 2:
        count = str(len(call.hx.items)) if call.hx.items else "another number"
        yield Problem(
            f"the states of an LSTM are the pair (h_0, c_0), got {count} of them: several layers "
            "are slots of the first axis of both, (D*num_layers, N, H_out).",
            "lstm(input, (h_0, c_0))",
        )
