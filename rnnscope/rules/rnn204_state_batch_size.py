"""RNN204: a state for another batch size than the input's."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.config import RNNConfig
from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import LayerCall
from rnnscope.subjects.state_shapes import Fault, StateFault, faults_of, names_of, told, zeros_code


@rule("RNN204", "state-batch-size", Severity.ERROR, LayerCall)
def state_batch_size(call: LayerCall) -> Iterator[Problem]:
    """A state is for another number of sequences than the input holds.

    What it does
    ------------
    Compares the batch axis of h_0 and c_0 with that of the input.

    Why is this bad?
    ----------------
    Every sequence of the batch starts from its own state, and states do not broadcast. A state
    built with a fixed batch size fails on the last, smaller batch of an epoch; one learned as
    (D*num_layers, 1, H_out) must be expanded.

    Example
    -------
    lstm = nn.LSTM(10, 20, batch_first=True)
    h_0 = torch.zeros(1, 8, 20)  # RNN204
    c_0 = torch.zeros(1, 8, 20)
    last_batch = torch.randn(3, 5, 10)
    output, _ = lstm(last_batch, (h_0, c_0))

    Use instead
    -----------
    lstm = nn.LSTM(10, 20, batch_first=True)
    last_batch = torch.randn(3, 5, 10)
    h_0 = last_batch.new_zeros(1, last_batch.size(0), 20)
    c_0 = last_batch.new_zeros(1, last_batch.size(0), 20)
    output, _ = lstm(last_batch, (h_0, c_0))
    """
    faults = faults_of(call, Fault.BATCH)
    if not faults or faults[0].got is None:
        return
    axis = 0 if call.config.single_step else 1
    wanted, got = faults[0].expected.shape[axis], faults[0].got[axis]
    if got == 1:
        yield Problem(f"{told(faults)}: states do not broadcast.", _expanded(faults, axis, wanted))
    else:
        yield Problem(
            f"{told(faults)}: {_cause(call, wanted, got)}.",
            _other_layout(call, got) or zeros_code(call, faults),
            values={"smaller": got > wanted, "axis": 0 if call.config.batch_first else 1},
        )


def _expanded(faults: list[StateFault], axis: int, wanted: int) -> str:
    sizes = ", ".join(str(wanted) if i == axis else "-1" for i in range(len(faults[0].expected)))
    copies = ", ".join(f"{fault.state}.expand({sizes}).contiguous()" for fault in faults)
    return f"{names_of(faults, ', ')} = {copies}"


def _cause(call: LayerCall, wanted: int, got: int) -> str:
    if _other_layout(call, got):
        here, there = ("0", "1") if call.config.batch_first else ("1", "0")
        return (
            f"the layer has batch_first={call.config.batch_first} and reads N = {wanted} off axis "
            f"{here} of input, while axis {there} has the {got} of the state"
        )
    both = f"the state is for {got} sequences and the input has {wanted}"
    return f"{both}, as in a smaller last batch" if got > wanted else both


def _other_layout(call: LayerCall, got: int) -> str | None:
    """The repair, where the state fits the axis that the layer takes for time."""
    shape = call.input.shape if call.input and call.input.type == "Tensor" else None
    if shape is None or len(shape) != 3 or not isinstance(call.config, RNNConfig):
        return None
    first = call.config.batch_first
    if shape[1 if first else 0] != got or call.config.single_step:
        return None
    return f"build the layer with batch_first={not first}, or write input.transpose(0, 1)"
