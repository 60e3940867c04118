"""RNN206: h_0 and c_0 of a projected LSTM have different widths."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import LayerCall
from rnnscope.subjects.state_shapes import Fault, faults_of, told, zeros_code


@rule("RNN206", "projected-states", Severity.ERROR, LayerCall)
def projected_states(call: LayerCall) -> Iterator[Problem]:
    """With proj_size, h_0 is proj_size wide and c_0 is hidden_size wide.

    What it does
    ------------
    Compares the widths of h_0 and c_0 of an LSTM with proj_size.

    Why is this bad?
    ----------------
    Only the hidden state is projected: h_0 is (D*num_layers, N, H_out) with H_out = proj_size, c_0
    is (D*num_layers, N, H_cell) with H_cell = hidden_size. Two states of the same width are wrong.

    Example
    -------
    lstm = nn.LSTM(10, 20, proj_size=5)
    x = torch.randn(5, 3, 10)
    zeros = torch.zeros(1, 3, 20)  # RNN206
    output, _ = lstm(x, (zeros, zeros))

    Use instead
    -----------
    lstm = nn.LSTM(10, 20, proj_size=5)
    x = torch.randn(5, 3, 10)
    h_0 = torch.zeros(1, 3, 5)
    c_0 = torch.zeros(1, 3, 20)
    output, _ = lstm(x, (h_0, c_0))
    """
    faults = faults_of(call, Fault.PROJECTION)
    if faults:
        yield Problem(
            f"{told(faults)}: proj_size projects the hidden state only, so h_0 is proj_size wide "
            "and c_0 is hidden_size wide.",
            zeros_code(call, faults),
        )
