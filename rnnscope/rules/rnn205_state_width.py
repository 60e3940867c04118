"""RNN205: a state that is not hidden_size wide."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import LayerCall, PartialConfig
from rnnscope.subjects.state_shapes import Fault, faults_of, told, zeros_code


@rule("RNN205", "state-width", Severity.ERROR, LayerCall)
def state_width(call: LayerCall) -> Iterator[Problem]:
    """A state is not hidden_size wide.

    What it does
    ------------
    Compares the last axis of h_0 and c_0 with the layer's hidden_size.

    Why is this bad?
    ----------------
    The state is what the layer itself computes in each step, so it is as wide as the layer. A
    state of another width comes from input_size in its place, from an encoder of another width, or
    from both directions of an encoder joined into one.

    Example
    -------
    decoder = nn.GRU(10, 20)
    x = torch.randn(5, 3, 10)
    context = torch.zeros(1, 3, 40)  # RNN205
    output, h_n = decoder(x, context)

    Use instead
    -----------
    decoder = nn.GRU(10, 20)
    x = torch.randn(5, 3, 10)
    bridge = nn.Linear(40, 20)
    context = torch.zeros(1, 3, 40)
    output, h_n = decoder(x, bridge(context))
    """
    faults = faults_of(call, Fault.WIDTH)
    if faults and faults[0].got is not None:
        wanted, got = faults[0].expected.shape[-1], faults[0].got[-1]
        values = {"wanted": wanted, "got": got}
        cause = _cause(call, wanted, got)
        yield Problem(f"{told(faults)}: {cause}.", zeros_code(call, faults), values=values)


def _cause(call: LayerCall, wanted: int, got: int) -> str:
    if got == 2 * wanted:
        return f"{got} is 2 * {wanted}, the width of both directions of an encoder side by side"
    if got == call.config.input_size:
        return f"{got} is input_size, and states are hidden_size wide"
    if isinstance(call.config, PartialConfig) and call.config.kind == "LSTM":
        return "states are hidden_size wide; with proj_size, h_0 is proj_size wide and c_0 is not"
    return f"a state is as wide as the layer, {wanted}"
