"""On which axis of the data the steps of a sequence are, by what their targets are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import torch

from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.meeting import Meeting
from rnnscope.experiments.replay import quietly
from rnnscope.experiments.roles import roots

FEWEST = 4  # steps: fewer may be equal to the next ones by chance
LARGEST = 1 << 22  # elements that are compared by value
_CHANGED = 2  # the step that is changed: two before it must not move


@dataclass(frozen=True, slots=True)
class Steps:
    """A slot of data, the axis of its steps, and why it is that one."""

    slot: int
    axis: int
    reason: str


def steps_by_targets(laboratory: Laboratory, meeting: Meeting) -> Steps | None:
    """Where the targets are the data of a step later, or are made of the steps so far."""
    told = chain(_next_steps(laboratory, meeting), _steps_so_far(laboratory, meeting))
    return next(told, None)


def _next_steps(laboratory: Laboratory, meeting: Meeting) -> Iterator[Steps]:
    """Numbers on axis 0 may be days whose hours are the steps; tokens are steps for certain."""
    tape, target = laboratory.tape, laboratory.value(meeting.target)
    if target is None:
        return
    for slot in sorted(tape.ancestors(meeting.prediction) - tape.learnt):
        value = laboratory.value(slot)
        if value is None or value.dim() != (3 if value.is_floating_point() else 2):
            continue
        axes = [axis for axis in (0, 1) if is_next(value, target, axis)]
        if len(axes) == 1 and (axes == [1] or not value.is_floating_point()):
            reason = f"the targets are the data one step later along axis {axes[0]}"
            yield Steps(slot, axes[0], reason)
            return


def is_next(value: torch.Tensor, target: torch.Tensor, axis: int) -> bool:
    """True when the targets, in order, are the value one step later along an axis, or part of it.

    The last target may be something else, or be left out.
    """
    steps = value.shape[axis] if value.dim() > 1 else 0
    if steps < FEWEST or value.dtype != target.dtype or value.device != target.device:
        return False
    if max(value.numel(), target.numel()) > LARGEST:
        return False
    with quietly():
        later = value.narrow(axis, 1, steps - 1)
        if bool((value == value.flatten()[0]).all()):
            return False
        if target.numel() == later.numel():
            return torch.equal(later, target.reshape(later.shape))
        if target.numel() == value.numel():
            aligned = target.reshape(value.shape)
            same = torch.equal(later, aligned.narrow(axis, 0, steps - 1))
            return same and not torch.equal(value, aligned)
        for whole in (value, later):
            if target.dim() == 3 and target.shape[:2] == whole.shape[:2] and target.shape[2] == 1:
                found = later == target.narrow(axis, 0, steps - 1)
                return bool(found.flatten(0, 1).all(0).any())
    return False


def _steps_so_far(laboratory: Laboratory, meeting: Meeting) -> Iterator[Steps]:
    """Targets that a step moves from its own place on, and none before."""
    made_of = laboratory.tape.ancestors(meeting.target)
    for root in roots(laboratory.tape, meeting.prediction):
        value = laboratory.tape.values[root.slot]
        if root.slot not in made_of or root.slot == meeting.target or value is None:
            continue
        for axis in (0, 1):
            if value.dim() > 1 and value.shape[axis] >= FEWEST:
                later = _moved_rows(laboratory, meeting, root.slot, axis)
                own = _moved_rows(laboratory, meeting, root.slot, 1 - axis)
                if len(later) > 1 and min(later) == _CHANGED and own == [_CHANGED]:
                    reason = f"the targets are made of the steps so far, along axis {axis}"
                    yield Steps(root.slot, axis, reason)
                    return


def _moved_rows(laboratory: Laboratory, meeting: Meeting, slot: int, axis: int) -> list[int]:
    """The rows of the targets along an axis that move when one row of the data is changed."""
    value = laboratory.tape.values[slot]
    if value is None or value.shape[axis] <= _CHANGED:
        return []
    run = laboratory.with_slice_changed(slot, axis, _CHANGED)
    moved = laboratory.moved(run, meeting.target) if run is not None else None
    if moved is None or moved.dim() < 2:
        return []
    return moved.movedim(axis, 0).flatten(1).any(1).nonzero().flatten().tolist()
