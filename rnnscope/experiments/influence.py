"""Other values in one slice of a slot: which elements of which later slots move?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch

from rnnscope.experiments.alignment import changed
from rnnscope.experiments.budget import (
    REPLAYS,
    Budget,
    OutOfBudgetError,
    OutOfReplaysError,
)
from rnnscope.experiments.replay import Adapt, ReplayError, Run, Value, quietly, replay
from rnnscope.recording.tape import Call, Tape


class Laboratory:
    """Everything that is tried on one tape: runs are counted, and each is made once.

    Raises ReplayError where the tape cannot be run again at all.
    """

    def __init__(self, tape: Tape, budget: Budget, adapt: Adapt | None = None) -> None:
        self.tape = tape
        self.budget = budget
        self.adapt = adapt
        self.replays = 0.0  # a run of half the calls is half of one
        self._base: dict[int, Value] | None = None
        self._runs: dict[object, Run | None] = {}

    @property
    def base(self) -> Mapping[int, Value]:
        """The values of a run without changes, where they are not as recorded."""
        if self._base is None:
            with quietly():
                # All of it: torch may take another path without gradients, and round otherwise.
                self._base = replay(self.tape, {}, adapt=self.adapt, full=True).values
        return self._base

    def value(self, slot: int) -> Value | None:
        """A slot's tensor in a run without changes."""
        found = self.base.get(slot)
        return self.tape.values[slot] if found is None else found

    def run(
        self, key: object, changes: Mapping[int, Value], adapt: Adapt | None = None
    ) -> Run | None:
        """A run with these changes; None where it is impossible. Raises OutOfBudgetError."""
        if key not in self._runs:
            self._runs[key] = self._new(changes, adapt or self.adapt)
        return self._runs[key]

    def part(
        self, changes: Mapping[int, Value], calls: Sequence[Call], adapt: Adapt | None = None
    ) -> Run | None:
        """A run of some calls alone; None where it is impossible. Raises OutOfBudgetError."""
        return self._new(changes, adapt or self.adapt, calls)

    def _new(
        self,
        changes: Mapping[int, Value],
        adapt: Adapt | None,
        calls: Sequence[Call] | None = None,
    ) -> Run | None:
        try:
            with self.counted():
                run = replay(self.tape, changes, self.base, adapt=adapt, calls=calls)
        except ReplayError as error:
            self.replays += error.ran / len(self.tape.calls)
            return None
        self.replays += run.ran / len(self.tape.calls)
        return run

    @contextmanager
    def counted(self) -> Iterator[None]:
        """One run, quietly, where the budget allows one. Raises OutOfBudgetError."""
        if self.budget.left <= 0:
            raise OutOfBudgetError
        if self.replays >= REPLAYS:
            raise OutOfReplaysError
        self.budget.runs += 1
        with quietly():
            yield

    def moved(self, run: Run, slot: int) -> torch.Tensor | None:
        """Which elements of a slot a run has moved; None where it has another shape."""
        before, after = self.value(slot), run.values.get(slot)
        if before is None:
            return None
        if after is None or after is before:
            return torch.zeros(before.shape, dtype=torch.bool)
        if after.shape != before.shape or before.is_sparse or before.is_nested:
            return None
        return changed(before, after)

    def moves(self, run: Run, slot: int) -> bool:
        """True where a run has moved anything in a slot, or changed its shape."""
        moved = self.moved(run, slot)
        return moved is None or bool(moved.any())

    def with_slice_changed(self, slot: int, axis: int, index: int) -> Run | None:
        """A run in which one slice of a slot has other values."""
        changes = self.sliced(slot, axis, index)
        return self.run(("slice", slot, axis, index), changes) if changes else None

    def sliced(self, slot: int, axis: int, index: int) -> dict[int, Value]:
        """Other values for one slice of a slot; nothing where it was changed in place later."""
        value = self.value(slot)
        if value is None:
            return {}
        with quietly():
            after = value.detach().clone()
            row = after.select(axis, index)
            row.copy_(other_values(row, after))
        return {slot: after}


def other_values(
    row: torch.Tensor, whole: torch.Tensor, kept: frozenset[int] = frozenset((0,))
) -> torch.Tensor:
    """Values unlike those of ``row``, of the kind that ``whole`` holds; padding stays padding.

    Of whole numbers the ``kept`` ones stay, so that masks and lengths made of them stay, too.
    """
    if row.is_floating_point() or row.is_complex():
        scale = whole.abs().nan_to_num(0.0, 0.0, 0.0).mean() + 1e-3
        wave = torch.linspace(0.5, 1.5, max(row.numel(), 1), device=row.device).reshape(row.shape)
        return row + (scale * wave).to(row.dtype) * (row != 0)
    every = torch.unique(whole).tolist()
    values = [v for v in every if v not in kept]
    values = values if len(values) > 1 else every  # two values in all: none of them is padding
    return next_values(row, values)


def next_values(row: torch.Tensor, values: list[int]) -> torch.Tensor:
    """Each of these whole numbers becomes the next one, and the last the first; others stay."""
    following = dict(zip(values, values[1:] + values[:1], strict=True))
    flat = [following.get(value, value) for value in row.flatten().tolist()]
    return torch.tensor(flat, dtype=row.dtype, device=row.device).reshape(row.shape)
