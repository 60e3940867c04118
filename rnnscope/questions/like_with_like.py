"""Is what a sample moves through the prediction compared with that sample's own target?"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch

from rnnscope.experiments.alignment import alignment
from rnnscope.experiments.influence import Laboratory, next_values
from rnnscope.experiments.meeting import Meeting, errors, moved_errors
from rnnscope.experiments.padding import Ragged
from rnnscope.experiments.replay import Run, quietly
from rnnscope.experiments.roles import Root, packed_sizes, roots
from rnnscope.experiments.samples import Separation, separation
from rnnscope.questions.orders import orders_met, reordered_at
from rnnscope.recording.tape import Call, Slot, Tape
from rnnscope.subjects.experiment_results import Disorder
from rnnscope.subjects.facts import OthersTarget


def like_with_like(
    laboratory: Laboratory, meeting: Meeting, tried: Separation
) -> Iterator[OthersTarget | Disorder]:
    """Errors that a sample moves through its prediction, and those that its target moves."""
    if not tried.apart(meeting.prediction):
        return
    base = errors(laboratory, None, meeting)
    if base is None or base.numel() < 2:
        return
    predicted = [moved_errors(laboratory, meeting, run, meeting.prediction) for run in tried.runs]
    for root, axis in _target_axes(laboratory, meeting, tried):
        targeted = [
            moved_errors(laboratory, meeting, run, meeting.target)
            for run in (_target_run(laboratory, meeting, root, axis, s) for s in tried.chosen)
        ]
        # A sample whose errors are all left out, as ignored ones are, says nothing.
        both = [
            (one, other, sample)
            for one, other, sample in zip(predicted, targeted, tried.chosen, strict=True)
            if one is not None and other is not None and bool(one.any()) and bool(other.any())
        ]
        wrong = _wrong([p for p, _, _ in both], [t for _, t, _ in both], tried.count)
        if wrong is None:
            if any(bool((one & ~other).any()) for one, other, _ in both):
                yield from orders_met(tried, meeting.prediction)
            break
        one, _, sample = both[wrong]
        ordered_at = reordered_at(tried, meeting.prediction)
        if ordered_at is not None:
            row = _row(laboratory, one, sample)
            yield Disorder(row, sample, ordered_at, ordered_at=ordered_at)
            return
        kind = _kind(tried, meeting, base, [p for p, _, _ in both], [t for _, t, _ in both])
        yield _fact(tried, meeting.call, (meeting.prediction, meeting.target), kind, sample)
        return
    yield from _weights(tried, meeting)


def lists_alike(laboratory: Laboratory, meeting: Meeting, known: Ragged) -> Iterator[OthersTarget]:
    """Sequences that were padded from a list, and targets from a list of as long ones: in order."""
    pieces, whole = _pieces(laboratory.tape, meeting, known), laboratory.value(meeting.target)
    base = errors(laboratory, None, meeting)
    tried = separation(laboratory, Root(known.slot), known.samples) if pieces else None
    if tried is None or whole is None or base is None or not tried.apart(meeting.prediction):
        return
    ours, theirs = [], []
    for sample, run in zip(tried.chosen, tried.runs, strict=True):
        slot = pieces[sample]
        value = laboratory.value(slot)
        if value is None:
            return
        other = laboratory.run(("piece", slot), {slot: _another(value, whole)})
        one = moved_errors(laboratory, meeting, run, meeting.prediction)
        two = moved_errors(laboratory, meeting, other, meeting.target)
        if one is None or two is None or not (bool(one.any()) and bool(two.any())):
            return
        ours.append(one)
        theirs.append(two)
    wrong = _wrong(ours, theirs, tried.count)
    if wrong is not None:
        kind = _kind(tried, meeting, base, ours, theirs)
        met = meeting.prediction, meeting.target
        yield _fact(tried, meeting.call, met, kind, tried.chosen[wrong])


def _pieces(tape: Tape, meeting: Meeting, known: Ragged) -> tuple[int, ...]:
    """The list that targets were put together of, where each is as long as the padded one."""
    for call in tape.leading_to(meeting.target) if known.told else ():
        given = call.args[0] if call.args and isinstance(call.args[0], (list, tuple)) else ()
        slots = tuple(item.number for item in given if isinstance(item, Slot))
        if tuple(tape.shape(slot)[:1] for slot in slots) == tuple(
            (length,) for length in known.padding.lengths
        ):
            return slots
    return ()


def _fact(
    tried: Separation, call: Call, met: tuple[int, int], kind: str, sample: int
) -> OthersTarget:
    tape = tried.laboratory.tape
    made = tape.producer.get(met[0])
    return OthersTarget(
        kind,
        sample,
        tape.shape(call.results[0]),
        call.name,
        tape.shape(met[0]),
        tape.shape(met[1]),
        call.location,
        made.location if made is not None else None,
        tried.moved_at(call),
    )


def _kind(
    tried: Separation,
    meeting: Meeting,
    base: torch.Tensor,
    ours: list[torch.Tensor],
    theirs: list[torch.Tensor],
) -> str:
    """What became of the samples: a table of pairs, or lists of all steps in two orders."""
    tape, count = tried.laboratory.tape, tried.count
    sizes = [math.prod(tape.shape(slot)) for slot in (meeting.prediction, meeting.target)]
    if base.numel() > max(sizes):
        return "pairs"
    sizes_of_steps = (packed_sizes(tape, call) for call in tape.recurrent)
    orders = [packed_order(sizes) for sizes in sizes_of_steps if sizes is not None]
    for axes in range(base.dim(), 0, -1):
        rows = math.prod(base.shape[:axes])
        mine, other = ([_listed(mask, rows) for mask in masks] for masks in (ours, theirs))
        either = ((mine, other), (other, mine))
        if any(_are_transposed(one, two, rows, count) for one, two in either):
            return "order"
        packed = [order for order in orders if len(order) == rows]
        if any(_is_one_packed(one, two, order) for order in packed for one, two in either):
            return "packed"
    return "others"


def _listed(mask: torch.Tensor, rows: int) -> list[int]:
    return mask.reshape(rows, -1).any(1).nonzero().flatten().tolist()


def _are_transposed(ours: list[list[int]], theirs: list[list[int]], rows: int, count: int) -> bool:
    """True for (steps, samples) in a list against (samples, steps), by places in the list."""
    return (
        rows > count
        and rows % count == 0
        and all(
            len({place % count for place in one}) == 1
            and {place % count for place in one} == {place * count // rows for place in other}
            for one, other in zip(ours, theirs, strict=True)
        )
    )


def packed_order(sizes: torch.Tensor) -> list[int]:
    """The sequence that each row of packed data belongs to.

    >>> packed_order(torch.tensor([3, 2, 1]))
    [0, 1, 2, 0, 1, 0]
    """
    return [row for size in sizes.tolist() for row in range(size)]


def _is_one_packed(ours: list[list[int]], theirs: list[list[int]], order: list[int]) -> bool:
    """True where each of ours is one packed sequence, and each of theirs stands in one piece."""
    whole = all(places[-1] - places[0] < order.count(0) for places in theirs)
    return whole and all(len({order[place] for place in places}) == 1 for places in ours)


def _weights(tried: Separation, meeting: Meeting) -> Iterator[OthersTarget]:
    """Each sample's loss meets one weight of every sample, as a column of them makes it."""
    tape = tried.laboratory.tape
    for call in list(tape.path(meeting.call))[1:]:
        data = [s for s in call.inputs if s not in tape.learnt and _is_of_step(tape, s, tried)]
        losses = [s for s in call.inputs if s in tape.learnt and s not in tape.parameters]
        if len(data) == len(losses) == 1 and tape.shape(call.results[0]) == (tried.count,) * 2:
            each = [math.prod(tape.shape(slot)) for slot in (*losses, *data)]
            if each == [tried.count] * 2 and tried.rows(call.results[0]):
                yield _fact(tried, call, (losses[0], data[0]), "weights", tried.chosen[0])
                return


def _is_of_step(tape: Tape, slot: int, tried: Separation) -> bool:
    """True for what comes with the samples, or is drawn: quantiles are the same in every step."""
    made = tape.ancestors(slot)
    makers = (tape.producer[s] for s in made if s in tape.producer)
    return not made.isdisjoint(tape.batches | {tried.root.slot}) or any(
        maker.random is not None for maker in makers
    )


def _target_axes(
    laboratory: Laboratory, meeting: Meeting, tried: Separation
) -> Iterator[tuple[Root, int]]:
    """Where the samples of the targets are, when that is as certain as it is of the inputs."""
    for root in roots(laboratory.tape, meeting.target):
        shape = laboratory.tape.shape(root.slot)
        if root.slot == tried.root.slot:
            yield root, tried.axis
        elif root.reason and tried.root.reason and tried.axis == tried.root.axis:
            if shape[root.axis] == tried.count:
                yield root, root.axis
        else:
            fitting = [axis for axis, size in enumerate(shape) if size == tried.count]
            if len(fitting) == 1 and root.reason is None:
                yield root, fitting[0]


def _target_run(
    laboratory: Laboratory, meeting: Meeting, root: Root, axis: int, sample: int
) -> Run | None:
    """Another target for one sample, up to where it meets the prediction."""
    value = laboratory.value(root.slot)
    if value is None:
        return None
    with quietly():
        after = value.detach().clone()
        row = after.select(axis, sample)
        row.copy_(_another(row, after))
    changes, path = {root.slot: after}, laboratory.tape.between(root.slot, meeting.target)
    known = ("target", root.slot, axis, sample)
    return laboratory.part(changes, path) or laboratory.run(known, changes)


def _another(row: torch.Tensor, whole: torch.Tensor) -> torch.Tensor:
    """Another value everywhere, zeros included: the next class, or a number a little off."""
    if row.is_floating_point():
        return row + (whole.abs().mean() + 0.5)
    if row.dtype is torch.bool:
        return ~row
    return next_values(row, torch.unique(whole).tolist())


def _wrong(ours: list[torch.Tensor], theirs: list[torch.Tensor], count: int) -> int | None:
    """The first sample whose prediction meets another's target, or not its own.

    A change may leave some errors where they were: that its own are not among those that moved
    says something only along an axis with one row for each sample.
    """
    found = alignment(ours, count) if ours else None
    axis = found.axis if found is not None and ours[0].shape[found.axis] == count else None
    for number, one in enumerate(ours):
        for place, other in enumerate(theirs):
            if number != place and bool((one & other).any()):
                return number
        if axis is not None and not bool((_rows(one, axis) & _rows(theirs[number], axis)).any()):
            return number
    return None


def _rows(mask: torch.Tensor, axis: int) -> torch.Tensor:
    """Which rows along an axis hold an element that moved."""
    return mask.movedim(axis, 0).reshape(mask.shape[axis], -1).any(1)


def _row(laboratory: Laboratory, moved: torch.Tensor, sample: int) -> int:
    """The row of the errors that a sample moved through its prediction."""
    rows = moved.reshape(moved.shape[0], -1).any(1).nonzero().flatten().tolist()
    return next((row for row in rows if row != sample), sample)
