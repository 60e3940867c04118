"""RNN207: a state with another number of axes than the call needs."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.rules.rnn215_missing_time_axis import is_step_of_a_batch
from rnnscope.subjects import LayerCall
from rnnscope.subjects.state_shapes import Fault, StateFault, faults_of, names_of, told, zeros_code


@rule("RNN207", "state-axes", Severity.ERROR, LayerCall)
def state_axes(call: LayerCall) -> Iterator[Problem]:
    """A state lacks the layer axis, or has an axis too many.

    What it does
    ------------
    Counts the axes of h_0 and c_0: three for a batched call of a layer, two for an unbatched one;
    two and one for a cell.

    Why is this bad?
    ----------------
    A layer's states keep one slot for each layer and direction in front, even when there is only
    one; a cell has no such axis. squeeze() drops it, a second unsqueeze() makes one too many. Some
    calls of a cell with such states do not even raise: they crash the process.

    Example
    -------
    lstm = nn.LSTM(10, 20)
    x = torch.randn(5, 3, 10)
    h_0 = torch.zeros(3, 20)  # RNN207
    c_0 = torch.zeros(3, 20)
    output, _ = lstm(x, (h_0, c_0))

    Use instead
    -----------
    lstm = nn.LSTM(10, 20)
    x = torch.randn(5, 3, 10)
    h_0 = torch.zeros(1, 3, 20)
    c_0 = torch.zeros(1, 3, 20)
    output, _ = lstm(x, (h_0, c_0))
    """
    faults = faults_of(call, Fault.AXES)
    if faults and not is_step_of_a_batch(call):
        yield Problem(f"{told(faults)}: {_cause(call, faults[0])}.", _fix(call, faults))


def _cause(call: LayerCall, fault: StateFault) -> str:
    if call.config.single_step:
        batched = "batched" if len(fault.expected) == 2 else "unbatched"
        if fault.ndim > len(fault.expected):
            return f"a cell has no layer axis, and the input is {batched}"
        return f"the input is {batched}, so the state must be too"
    if fault.ndim < len(fault.expected):
        return "the axis of layers and directions stays, even when its size is 1"
    return "there is an axis too many, as after one unsqueeze() more than needed"


def _fix(call: LayerCall, faults: list[StateFault]) -> str:
    fault = faults[0]
    wanted = fault.expected.shape
    if fault.got is not None and (1, *fault.got) == wanted:
        change = "unsqueeze(0)"
    elif fault.got and fault.got[0] == 1 and fault.got[1:] == wanted:
        change = "squeeze(0)"
    else:
        return zeros_code(call, faults)
    changed = ", ".join(f"{fault.state}.{change}" for fault in faults)
    return f"{names_of(faults, ', ')} = {changed}"
