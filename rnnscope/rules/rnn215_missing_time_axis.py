"""RNN215: one step of a batch without its time axis, read as one unbatched sequence."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import UNKNOWN, LayerCall
from rnnscope.subjects.state_shapes import Fault, faults_of, names_of, sizes_text


@rule("RNN215", "missing-time-axis", Severity.ERROR, LayerCall)
def missing_time_axis(call: LayerCall) -> Iterator[Problem]:
    """A 2-D input is one unbatched sequence, but the states are those of a batch.

    What it does
    ------------
    Looks for a 2-D input together with 3-D states.

    Why is this bad?
    ----------------
    Two axes are (L, H_in): one sequence without a batch. A decoder that feeds one step of a whole
    batch has (N, H_in) and must say where time is, with an axis of size 1. Without states torch
    would not complain: it would read the samples as the steps of one sequence.

    Example
    -------
    decoder = nn.GRU(10, 20)
    step = torch.randn(3, 10)  # batch, features
    h = torch.zeros(1, 3, 20)
    output, h = decoder(step, h)  # RNN215

    Use instead
    -----------
    decoder = nn.GRU(10, 20)
    step = torch.randn(3, 10)  # batch, features
    h = torch.zeros(1, 3, 20)
    output, h = decoder(step.unsqueeze(0), h)
    """
    if not is_step_of_a_batch(call) or call.input is None:
        return
    states = faults_of(call, Fault.AXES)
    verb = "have" if len(states) > 1 else "has"
    got = f"{sizes_text(call.input.shape)}" if call.input.shape else "2-D"
    shape = f" {sizes_text(states[0].got)}" if states[0].got else ""
    yield Problem(
        f"input is {got}: two axes are one unbatched sequence (L, H_in), which wants states "
        f"{states[0].expected.symbols}; but {names_of(states)} {verb} 3 axes{shape}, as a batch "
        "has. One step of a batch, (N, H_in), needs its time axis.",
        _fix(call),
    )


def is_step_of_a_batch(call: LayerCall) -> bool:
    """True for a 2-D input whose states are 3-D, unless their batch says otherwise."""
    given = call.input
    if given is None or call.config.single_step or given.type == "PackedSequence":
        return False
    if given.ndim != 2:
        return False
    faults = faults_of(call, Fault.AXES)
    return bool(faults) and all(
        fault.ndim == 3 and (fault.got is None or _fits(given.shape, fault.got)) for fault in faults
    )


def _fits(shape: tuple[int, ...] | None, state: tuple[int, ...]) -> bool:
    """The state's batch, if it is larger than one, is the first axis of the input."""
    return shape is None or UNKNOWN in shape or state[1] in (1, shape[0])


def _fix(call: LayerCall) -> str:
    if call.config.batch_first is None:
        return "input = input.unsqueeze(0)  # unsqueeze(1) with batch_first=True"
    if call.config.batch_first:
        return "input = input.unsqueeze(1)  # (N, 1, H_in)"
    return "input = input.unsqueeze(0)  # (1, N, H_in)"
