"""What each goal of a step reads of the results of its recurrent calls, and the proof of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce

import torch

from rnnscope.experiments.goals import Goals, goals
from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.replay import ReplayError, Value, quietly
from rnnscope.experiments.results import Results, laid_out
from rnnscope.experiments.usage import usage
from rnnscope.recording.tape import Call, Layer, Tape

_DRAWS = 3  # of the parameters: a unit that is dead in one is awake in another
_ROUNDING = 1e-5  # of a gradient, relative to the largest


@dataclass(slots=True)
class Reader:
    """The gradients of some calls' results: from all that a step is for, goal 0, and from each
    of its predictions, goal 1 and on.
    """

    laboratory: Laboratory
    aims: Goals
    slots: tuple[int, ...]
    _draws: list[list[dict[int, Value]]] = field(default_factory=list)

    @classmethod
    def of(cls, laboratory: Laboratory, calls: Sequence[Call]) -> Reader | None:
        """None where a step has no goal, or no gradients. Raises OutOfBudgetError."""
        aims = goals(laboratory.tape)
        reader = cls(laboratory, aims, tuple(slot for call in calls for slot in call.results))
        return reader if aims.wanted and reader._draw() else None

    @property
    def tape(self) -> Tape:
        """The step."""
        return self.laboratory.tape

    @property
    def goals(self) -> tuple[tuple[int, ...], ...]:
        """The slots of each goal."""
        return (self.aims.wanted, *self.aims.predictions)

    @property
    def is_sure(self) -> bool:
        """True when other parameters were tried as well."""
        while len(self._draws) < _DRAWS:
            if not self._draw():
                return False
        return True

    def _draw(self) -> bool:
        used = usage(self.laboratory, self.slots, len(self._draws))
        try:
            found = [used.gradients(goal) for goal in self.goals] if used is not None else []
        except ReplayError:
            return False
        self._draws.append(found)
        return bool(found)

    def mask(self, slot: int, goal: int = 0) -> torch.Tensor:
        """Which elements of a slot have a gradient in any draw; NaN is one, too."""
        mask = torch.zeros(self.tape.shape(slot), dtype=torch.bool)
        for draw in self._draws:
            if slot in draw[goal]:
                mask |= (draw[goal][slot] != 0).cpu()
        return mask

    def read(self, call: Call, layer: Layer, goal: int) -> Results:
        """What a goal reads of a call."""
        with quietly():
            masks = [self.mask(slot, goal) for slot in call.results]
            return laid_out(self.tape, call, layer, masks)

    def is_one_number(self, call: Call) -> bool:
        """True when all units of each step count alike, as in a mean, or one, as in a max."""
        with quietly():
            drawn = [draw[0].get(call.results[0]) for draw in self._draws]
            return all(given is not None and _are_alike(given.flatten(0, -2)) for given in drawn)

    def left_behind(self, calls: Sequence[Call], goal: int = 0) -> Call | None:
        """The call that goes on without what is unread of the results of these.

        None where other values in the unread elements change anything that somebody may use.
        """
        slots = [slot for call in calls for slot in call.results]
        run = self.laboratory.run(("unread", *slots, goal), self._with_others(slots, goal))
        behind = self.tape.descendants(frozenset(slots))
        held = behind.intersection(self.goals[goal] + (self.aims.others if goal == 0 else ()))
        if run is None or any(self.laboratory.moves(run, slot) for slot in held):
            return None
        moved = {slot for slot in behind if self.laboratory.moves(run, slot)}
        wanted = self._wanted(goal)
        for user in self._users(calls[0], goal):
            kept = behind.intersection(user.results).difference(moved)
            if not moved.isdisjoint(user.inputs) and not kept.isdisjoint(wanted):
                return user
        return self.first_user(calls[0], goal)

    def first_user(self, call: Call, goal: int) -> Call:
        """The first call that reads what a goal reads of a call's results."""
        read = {slot for slot in call.results if self.mask(slot, goal).any()}
        users = self._users(call, goal)
        return next((user for user in users if not read.isdisjoint(user.inputs)), call)

    def _users(self, call: Call, goal: int) -> list[Call]:
        """The calls from this one to a goal."""
        wanted = self._wanted(goal)
        return [c for c in self.tape.path(call) if not wanted.isdisjoint(c.results)][1:]

    def _wanted(self, goal: int) -> frozenset[int]:
        return frozenset().union(*map(self.tape.ancestors, self.goals[goal]))

    def _with_others(self, slots: Sequence[int], goal: int) -> dict[int, Value]:
        changes = {}
        for slot in slots:
            value = self.laboratory.value(slot)
            if value is not None:
                noise = torch.randn(value.shape, generator=torch.Generator().manual_seed(slot))
                other = value.detach() + noise.to(value) * (1 + value.detach().abs().mean())
                read = _box(self.mask(slot, goal)).to(value.device)
                changes[slot] = torch.where(read, value.detach(), other)
        return changes

    def steps_meet(self, call: Call, layer: Layer) -> bool:
        """True where two steps of an output move the same elements of an answer."""
        axis = 1 if layer.batch_first else 0
        slot = call.results[0]
        if self.tape.values[slot] is None or len(self.tape.shape(slot)) < 3:
            return False
        runs = [self.laboratory.with_slice_changed(slot, axis, step) for step in (0, 1)]
        if None in runs:
            return False
        first, second = runs
        for answer in self.aims.answers:
            one, other = (self.laboratory.moved(run, answer) for run in (first, second) if run)
            if one is not None and other is not None and bool((one & other).any()):
                return True
        return False


def _box(mask: torch.Tensor) -> torch.Tensor:
    """The mask with all that lies between: every index that is read, on every axis by itself.

    Of a maximum over steps only some are read; with others it would be others.
    """
    box = torch.ones_like(mask)
    for axis in range(mask.dim()):
        other = (n for n in range(mask.dim()) if n != axis)
        box &= reduce(lambda hit, n: hit.any(n, keepdim=True), other, mask)
    return box


def _are_alike(rows: torch.Tensor) -> bool:
    """True when in every row all numbers are equal, or one alone is not zero."""
    even = rows.amax(1) - rows.amin(1) <= _ROUNDING * rows.abs().max()
    counts = (rows != 0).sum(1)
    return bool((counts == 1).all() | (even & (counts > 1)).all())
