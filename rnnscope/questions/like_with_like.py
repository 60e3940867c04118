"""Is what a sample moves through the prediction compared with that sample's own target?"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from rnnscope.experiments.alignment import alignment
from rnnscope.experiments.influence import Laboratory, next_values
from rnnscope.experiments.meeting import Meeting, errors, moved_errors
from rnnscope.experiments.replay import Run, quietly
from rnnscope.experiments.roles import Root, roots
from rnnscope.experiments.samples import Separation
from rnnscope.findings import Location
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
            return
        one, other, sample = both[wrong]
        together = bool((one & other).any())
        ordered_at = _reordering(tried, meeting)
        if ordered_at is not None:
            row = _row(laboratory, one, sample)
            yield Disorder(row, sample, ordered_at, ordered_at=ordered_at)
            return
        made = laboratory.tape.producer.get(meeting.prediction)
        yield OthersTarget(
            "pairs" if together else "others",
            sample,
            tuple(base.shape),
            meeting.call.name,
            laboratory.tape.shape(meeting.prediction),
            laboratory.tape.shape(meeting.target),
            meeting.call.location,
            made.location if made is not None else None,
            tried.moved_at(meeting.call),
        )
        return


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


def _reordering(tried: Separation, meeting: Meeting) -> Location | None:
    """The last line that put the samples in another order, when they end in another one."""
    tape = tried.laboratory.tape
    order, found = tried.chosen, None
    for call in tape.leading_to(meeting.prediction):
        for slot in call.results:
            rows = order_of(tried, slot)
            if rows is not None and rows != order:
                order, found = rows, call.location
    return found if order != tried.chosen else None


def order_of(tried: Separation, slot: int) -> tuple[int, ...] | None:
    """The row of each changed sample in a slot that has one row for each sample."""
    shape = tried.laboratory.tape.shape(slot)
    rows = tried.rows(slot) if tried.count in shape else None
    if rows is None or shape[rows[0]] != tried.count or any(len(i) != 1 for i in rows[1]):
        return None
    return tuple(next(iter(indices)) for indices in rows[1])
