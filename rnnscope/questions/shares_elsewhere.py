"""Are shares that add up to 1 along one axis picked, or summed with weights, along another one?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from rnnscope.experiments.alignment import changed
from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.meeting import Meeting, errors
from rnnscope.experiments.padding import batch_first
from rnnscope.experiments.replay import Run, Value, quietly
from rnnscope.experiments.shares import Shares, shares
from rnnscope.recording.tape import LOOP, Call, Tape
from rnnscope.subjects.facts import SharesElsewhere

_NEAR = 6  # calls between the shares and the sum that uses them


def shares_elsewhere(
    laboratory: Laboratory, meetings: Sequence[Meeting]
) -> Iterator[SharesElsewhere]:
    """Shares on their way to the targets of a step."""
    for meeting in meetings:
        for found in shares(laboratory, meeting.prediction):
            told = next(_classes(laboratory, meeting, found), None)
            told = told or next(_steps(laboratory, meeting, found), None)
            if told is not None:
                yield told
                return


def _fact(
    laboratory: Laboratory, found: Shares, use: str, other: int, reader: Call
) -> SharesElsewhere:
    shape = laboratory.tape.shape(found.slot)
    maker = found.call
    return SharesElsewhere(
        use, maker.name, shape, found.axis, other, reader.name, maker.location, reader.location
    )


def _classes(laboratory: Laboratory, meeting: Meeting, found: Shares) -> Iterator[SharesElsewhere]:
    """One share is taken for each target, of those along an axis on which they do not add up.

    It is the axis of the classes: two of them may change places, there and in the targets.
    """
    tape, target = laboratory.tape, laboratory.value(meeting.target)
    path = tape.between(found.slot, meeting.prediction)
    if any(not tape.parameters.isdisjoint(call.inputs) for call in path):
        return
    value, base = laboratory.value(found.slot), errors(laboratory, None, meeting)
    labels = _two_labels(target)
    if target is None or labels is None or value is None or base is None:
        return
    renamed = {meeting.target: _swapped(target, labels)}
    if not _differs(base, errors(laboratory, _given(laboratory, renamed), meeting)):
        return
    alike = []
    for axis in (n for n, size in enumerate(value.shape) if size > max(labels)):
        run = laboratory.part({found.slot: _exchanged(value, axis, labels)}, path)
        if run is not None:
            again = errors(laboratory, _given(laboratory, run.values | renamed), meeting)
            alike += [axis] if again is not None and not _differs(base, again) else []
    if alike and found.axis not in alike:
        yield _fact(laboratory, found, "classes", alike[0], meeting.call)


def _given(laboratory: Laboratory, values: dict[int, Value]) -> Run:
    return Run(laboratory.tape, laboratory.base, values)


def _two_labels(target: Value | None) -> tuple[int, int] | None:
    """The two largest classes: the first one may be a blank, or padding."""
    if target is None or target.is_floating_point() or target.dtype is torch.bool:
        return None
    with quietly():
        known = [label for label in torch.unique(target).tolist() if label >= 0]
    return (known[-2], known[-1]) if len(known) > 1 else None


def _swapped(target: Value, labels: tuple[int, int]) -> Value:
    one, other = labels
    with quietly():
        return target.where(target != one, other).where(target != other, one)


def _exchanged(value: Value, axis: int, rows: tuple[int, int]) -> Value:
    with quietly():
        order = list(range(value.shape[axis]))
        order[rows[0]], order[rows[1]] = rows[1], rows[0]
        return value.detach().index_select(axis, torch.tensor(order, device=value.device))


def _differs(one: Value, other: Value | None) -> bool:
    if other is None or one.shape != other.shape:
        return True
    with quietly():
        return bool(changed(one.detach(), other.detach(), 1e-5).any())


def _steps(laboratory: Laboratory, meeting: Meeting, found: Shares) -> Iterator[SharesElsewhere]:
    """Shares among the steps of one sequence weigh values that are summed over those of another."""
    tape, shape = laboratory.tape, laboratory.tape.shape(found.slot)
    if sum(size > 1 for size in shape) < 2:
        return
    before = _scores(tape, found)
    sizes = {tape.shape(slot)[axis] for slot, axis in _sequences(tape, before)}
    if shape[found.axis] not in sizes or not _are_steps(laboratory, before, found.axis):
        return
    reader, summed = _first_sum(laboratory, meeting, found)
    if reader is None or found.axis in summed:
        return
    for axis in summed:
        if shape[axis] in sizes and _are_steps(laboratory, before, axis):
            yield _fact(laboratory, found, "steps", axis, reader)
            return


def _scores(tape: Tape, found: Shares) -> int:
    """What shares were made of: the nearest slot of their shape."""
    like = (s for s in found.call.inputs if tape.shape(s) == tape.shape(found.slot))
    return next(like, found.slot)


def _sequences(tape: Tape, slot: int) -> Iterator[tuple[int, int]]:
    """What recurrences gave step by step on the way to a slot, and the axis of the steps."""
    for call in tape.leading_to(slot):
        result, size = call.results[0], len(tape.shape(call.results[0]))
        if call.name == "_pad_packed_sequence":
            yield result, 1 if batch_first(call) else 0
        elif call.layer is not None and "cell" not in call.name and size == 3:
            yield result, int(call.layer.batch_first)
        elif call.name == "stack" and len(call.inputs) >= LOOP:
            yield from ((result, n) for n in (0, 1) if tape.shape(result)[n] == len(call.inputs))


def _are_steps(laboratory: Laboratory, scores: int, axis: int) -> bool:
    """True where one step of a sequence moves its own index along an axis alone.

    Where a sequence is compared with itself it moves its own index along another one, too.
    """
    tape, size = laboratory.tape, laboratory.tape.shape(scores)[axis]
    for slot, time in _sequences(tape, scores):
        if tape.shape(slot)[time] != size:
            continue
        path = tape.between(slot, scores)
        moved = {n: _moved_by(laboratory, slot, time, n, path) for n in (0, size - 1)}
        if all(mask is not None and _is_own(mask, axis, n) for n, mask in moved.items()):
            return True
    return False


def _is_own(mask: torch.Tensor, axis: int, index: int) -> bool:
    with quietly():
        rows = mask.movedim(axis, 0).flatten(1)
        if not bool(rows[index].any()):
            return False
        rest = mask.clone()
        rest.select(axis, index).zero_()
        others = (n for n, size in enumerate(mask.shape) if n != axis and size == mask.shape[axis])
        return not bool(rest.any()) or any(_is_cross(rest, n, index) for n in others)


def _is_cross(rest: torch.Tensor, axis: int, index: int) -> bool:
    rest = rest.clone()
    rest.select(axis, index).zero_()
    return not bool(rest.any())


def _moved_by(
    laboratory: Laboratory, slot: int, axis: int, index: int, path: Sequence[Call]
) -> torch.Tensor | None:
    """What other values in one slice of a slot move in what these calls give."""
    changes = laboratory.sliced(slot, axis, index)
    run = laboratory.part(changes, path) if changes and path else None
    return laboratory.moved(run, path[-1].results[0]) if run is not None else None


def _first_sum(
    laboratory: Laboratory, meeting: Meeting, found: Shares
) -> tuple[Call | None, list[int]]:
    """The first call that puts shares together with other learnt values, and along which axes."""
    tape = laboratory.tape
    near = tape.between(found.slot, meeting.prediction)[:_NEAR]
    made = tape.descendants(frozenset((found.slot,)))
    axes = [n for n, size in enumerate(tape.shape(found.slot)) if size > 1]
    runs = {n: _two_slices(laboratory, found.slot, n, near) for n in axes}
    weighed = False
    for call in near:
        weighed = weighed or bool(tape.learnt.intersection(call.inputs) - made - tape.parameters)
        together = [n for n in axes if _meet(laboratory, runs[n], call.results[0])]
        if together:
            return (call, together) if weighed else (None, [])
    return None, []


def _two_slices(
    laboratory: Laboratory, slot: int, axis: int, path: Sequence[Call]
) -> list[Run | None]:
    """Runs of these calls, each with other values in one of two slices along an axis."""
    return [laboratory.part(laboratory.sliced(slot, axis, index), path) for index in (0, 1)]


def _meet(laboratory: Laboratory, runs: Sequence[Run | None], slot: int) -> bool:
    """True where both move the same elements of a slot."""
    one, other = (laboratory.moved(run, slot) if run is not None else None for run in runs)
    return one is not None and other is not None and bool((one & other).any())
