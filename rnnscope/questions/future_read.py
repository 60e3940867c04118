"""Where the target of a step is the next input: does the prediction move with that very input?"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from rnnscope.experiments.alignment import changed
from rnnscope.experiments.influence import Laboratory, other_values
from rnnscope.experiments.meeting import Meeting, errors, learnt
from rnnscope.experiments.replay import Run, Value, quietly
from rnnscope.recording.tape import RECURRENT_KERNELS, Call
from rnnscope.subjects.proofs import Foresight

_FEWEST = 4  # steps: fewer may be equal to the next ones by chance
_LARGEST = 1 << 22  # elements that are compared by value


def future_read(laboratory: Laboratory, meeting: Meeting) -> Iterator[Foresight]:
    """Errors whose own target reaches them through the prediction."""
    tape = laboratory.tape
    target = laboratory.value(meeting.target)
    if target is None or target.numel() > _LARGEST:
        return
    depends = learnt(tape)
    given = [s for s in sorted(tape.ancestors(meeting.prediction)) if s not in depends]
    for slot in given:
        value = laboratory.value(slot)
        time = _next_axis(value, target) if value is not None else None
        if time is None or value is None:
            continue
        found = _witness(laboratory, meeting, slot, time)
        if found is not None:
            yield found
        return


def _next_axis(value: torch.Tensor, target: torch.Tensor) -> int | None:
    """The axis along which the targets, in order, are the value one step later."""
    if value.dim() < 2 or value.dtype != target.dtype or value.device != target.device:
        return None
    with quietly():
        for time in (1, 0):
            steps = value.shape[time]
            if steps < _FEWEST or value.numel() != target.numel():
                continue
            aligned = target.reshape(value.shape)
            later, wanted = value.narrow(time, 1, steps - 1), aligned.narrow(time, 0, steps - 1)
            varied = not bool((value == value.flatten()[0]).all())
            if varied and torch.equal(later, wanted) and not torch.equal(value, aligned):
                return time
    return None


def _witness(laboratory: Laboratory, meeting: Meeting, slot: int, time: int) -> Foresight | None:
    """Change one step of the input; the error at the step before has it for its target."""
    value, base = laboratory.value(slot), errors(laboratory, None, meeting)
    if value is None or base is None:
        return None
    steps = value.shape[time]
    changed_step = steps // 2
    run = laboratory.run(("step", slot, time), _later(laboratory, slot, time, changed_step))
    if run is None or base.numel() % (value.shape[0] * value.shape[1]):
        return None
    moved = _moved(laboratory, meeting, base, run)
    if moved is None:
        return None
    with quietly():
        per_step = moved.reshape(*value.shape[:2], -1).movedim(time, 0).flatten(1).any(1)
        earlier = per_step[:changed_step].nonzero().flatten().tolist()
    if not earlier:
        return None
    call = _first_backwards(laboratory, meeting, run, time, steps, changed_step)
    after, before = run.value(meeting.prediction), laboratory.value(meeting.prediction)
    far = float((after - before).abs().max()) if after is not None and before is not None else 0.0
    return Foresight(
        changed_step,
        earlier[0],
        far,
        call.location if call is not None else meeting.call.location,
        call.name if call is not None else "",
        meeting.call.location,
    )


def _later(laboratory: Laboratory, slot: int, time: int, step: int) -> dict[int, Value]:
    value = laboratory.value(slot)
    assert value is not None
    with quietly():
        after = value.detach().clone()
        row = after.narrow(time, step, after.shape[time] - step)
        row.copy_(other_values(row, after))
    return {slot: after}


def _moved(
    laboratory: Laboratory, meeting: Meeting, base: torch.Tensor, run: Run
) -> torch.Tensor | None:
    """The errors that move through the prediction, the targets held."""
    value = run.value(meeting.prediction)
    if value is None:
        return None
    after = errors(
        laboratory,
        Run(laboratory.tape, laboratory.base, {meeting.prediction: value}),
        meeting,
    )
    if after is None or after.shape != base.shape:
        return None
    with quietly():
        return changed(base, after)


def _first_backwards(
    laboratory: Laboratory, meeting: Meeting, run: Run, time: int, steps: int, changed_step: int
) -> Call | None:
    """The first call that carries the change to earlier steps."""
    tape = laboratory.tape
    wanted = tape.ancestors(meeting.prediction)
    for call in tape.calls:
        for slot in call.results[:1] if call.name in RECURRENT_KERNELS else call.results:
            if slot not in wanted:
                continue
            mask = laboratory.moved(run, slot)
            if mask is None:
                continue
            axes = [n for n, size in enumerate(mask.shape) if size == steps]
            if len(axes) == 1 and bool(mask.narrow(axes[0], 0, changed_step).any()):
                return call
    return None
