"""Where the target of a step is the next input: does the prediction move with that very input?"""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.experiments.influence import Laboratory, other_values
from rnnscope.experiments.meeting import Meeting, errors, moved_errors
from rnnscope.experiments.replay import Run, Value, quietly
from rnnscope.experiments.roles import state_slots
from rnnscope.experiments.steps import is_next
from rnnscope.recording.tape import RECURRENT_KERNELS, Call, Tape
from rnnscope.subjects.experiment_results import Foresight, TargetSeen


def future_read(laboratory: Laboratory, meeting: Meeting) -> Iterator[Foresight | TargetSeen]:
    """Errors whose own target reaches them through the prediction."""
    tape = laboratory.tape
    target = laboratory.value(meeting.target)
    if target is None:
        return
    depends = tape.learnt
    given = [s for s in sorted(tape.ancestors(meeting.prediction)) if s not in depends]
    for slot in given:
        value = laboratory.value(slot)
        axes = (axis for axis in (1, 0) if value is not None and is_next(value, target, axis))
        time = next(axes, None)
        if time is None or value is None:
            continue
        if _through_a_bottleneck(tape, slot, meeting.prediction, time):
            return
        found = _witness(laboratory, meeting, slot, time)
        if found is not None:
            yield found
        return


def _witness(
    laboratory: Laboratory, meeting: Meeting, slot: int, time: int
) -> Foresight | TargetSeen | None:
    """Change one step of the input; the error at the step before has it for its target."""
    value, base = laboratory.value(slot), errors(laboratory, None, meeting)
    if value is None or base is None:
        return None
    steps = value.shape[time]
    changed_step = steps // 2
    run = laboratory.run(("step", slot, time), _later(laboratory, slot, time, changed_step))
    target = laboratory.value(meeting.target)
    shape = list(value.shape[:2])
    shape[time] -= target is not None and target.numel() != value.numel()
    if run is None or base.numel() % (shape[0] * shape[1]):
        return None
    moved = moved_errors(laboratory, meeting, run, meeting.prediction)
    if moved is None:
        return None
    with quietly():
        per_step = moved.reshape(*shape, -1).movedim(time, 0).flatten(1).any(1)
        earlier = per_step[:changed_step].nonzero().flatten().tolist()
    if not earlier:
        return None
    call = _first_backwards(laboratory, meeting, run, time, steps, changed_step)
    layer = call.layer if call is not None else None
    if call is not None and layer is not None and layer.bidirectional:
        places = (meeting.call.location, call.location, layer.built_at)
        return TargetSeen(layer.kind, 1, "the loss", tuple(value.shape), *places)
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
    return _held_states(laboratory) | {slot: after}


def _held_states(laboratory: Laboratory) -> dict[int, Value]:
    """Initial states as they are: what a decoder is told of a whole sequence is a summary of it."""
    states = {s for call in laboratory.tape.recurrent for s in state_slots(call)}
    held = {slot: laboratory.value(slot) for slot in states}
    return {slot: value for slot, value in held.items() if value is not None}


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
            axes = [n for n, size in enumerate(mask.shape) if size in (steps, steps - 1)]
            if len(axes) == 1 and bool(mask.narrow(axes[0], 0, changed_step).any()):
                return _reduced(laboratory, run, call, steps) or call
    return None


def _reduced(laboratory: Laboratory, run: Run, call: Call, steps: int) -> Call | None:
    """The call before that has already put all steps together: its result has no axis of them."""
    for slot in call.inputs:
        mask = laboratory.moved(run, slot)
        if mask is None or not bool(mask.any()):
            continue
        if {steps, steps - 1}.isdisjoint(mask.shape):
            return laboratory.tape.producer.get(slot)
    return None


def _through_a_bottleneck(tape: Tape, slot: int, prediction: int, time: int) -> bool:
    """True when at some moment all that is left of the input has no axis of steps, nor of all rows.

    What is said then is made of a summary, as by an autoencoder, and of no step itself.
    """
    samples, steps = tape.shape(slot)[1 - time], tape.shape(slot)[time]
    long = {n * many for n in (steps, steps - 1) for many in (1, samples)}
    wanted, carried = tape.ancestors(prediction), {slot}
    last = {s: call.number for call in tape.calls for s in call.inputs}
    for call in tape.leading_to(prediction):
        if carried.isdisjoint(call.inputs):
            continue
        carried |= set(call.results) & wanted
        alive = {s for s in carried if last.get(s, -1) > call.number or s == prediction}
        sizes = {size for s in alive for size in tape.shape(s)}
        if alive and sizes.isdisjoint(long):
            return True
    return False
