"""RNN203: a state for another number of layers and directions."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.config import RNNConfig
from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import LayerCall
from rnnscope.subjects.state_shapes import Fault, faults_of, told, zeros_code


@rule("RNN203", "state-layers", Severity.ERROR, LayerCall)
def state_layers(call: LayerCall) -> Iterator[Problem]:
    """A state has another number of slots than the layer has layers and directions.

    What it does
    ------------
    Compares the first axis of h_0 and c_0 with D*num_layers, where D is 2 for a bidirectional
    layer and 1 for any other.

    Why is this bad?
    ----------------
    Each layer starts from its own state, and so does each direction. The usual causes: the factor
    2 of bidirectional=True is missing, num_layers was changed in one place only, or the state
    comes from an encoder with another depth than the decoder.

    Example
    -------
    gru = nn.GRU(10, 20, num_layers=2, bidirectional=True)
    x = torch.randn(5, 3, 10)
    h_0 = torch.zeros(2, 3, 20)  # RNN203
    output, h_n = gru(x, h_0)

    Use instead
    -----------
    gru = nn.GRU(10, 20, num_layers=2, bidirectional=True)
    x = torch.randn(5, 3, 10)
    h_0 = torch.zeros(2 * 2, 3, 20)
    output, h_n = gru(x, h_0)
    """
    faults = faults_of(call, Fault.LAYERS)
    if faults and faults[0].got is not None:
        wanted = faults[0].expected.shape[0]
        cause = _cause(call, wanted, faults[0].got[0])
        values = {"wanted": wanted, "got": faults[0].got[0]}
        yield Problem(f"{told(faults)}: {cause}.", zeros_code(call, faults), values=values)


def _cause(call: LayerCall, wanted: int, got: int) -> str:
    config = call.config
    if isinstance(config, RNNConfig):
        if config.bidirectional and got == config.num_layers:
            return f"bidirectional=True needs two slots a layer, 2 * {got}"
        if not config.bidirectional and got == 2 * config.num_layers:
            return "the layer is not bidirectional, so it needs one slot a layer"
        return f"the layer has {config.directions} * {config.num_layers} slots, the state {got}"
    twice = ", as when the 2 of bidirectional=True is missing" if wanted == 2 * got else ""
    return (
        f"the layer has {wanted} slots, one for each layer and direction, the state {got}{twice}; "
        "a state from another layer must come from one of the same depth and directions"
    )
