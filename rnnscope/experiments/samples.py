"""Change samples in turn: while each has elements of its own, the samples are apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from rnnscope.experiments.alignment import alignment, pairwise
from rnnscope.experiments.influence import Laboratory, other_values
from rnnscope.experiments.replay import Run, Value, quietly
from rnnscope.experiments.roles import Root, padding_values
from rnnscope.findings import Location
from rnnscope.recording.tape import Call


@dataclass(slots=True)
class Separation:
    """Runs of a tape, each with one sample of a root changed, the samples taken along one axis."""

    laboratory: Laboratory
    root: Root
    axis: int
    count: int
    chosen: tuple[int, ...]
    runs: tuple[Run, ...]
    _masks: dict[int, tuple[torch.Tensor, ...] | None] = field(default_factory=dict)

    @property
    def is_certain(self) -> bool:
        """True where it is known that this axis holds the samples: no other one fits."""
        if self.root.reason is not None and self.axis == self.root.axis:
            return True
        return self.laboratory.tape.shape(self.root.slot).count(self.count) == 1

    def masks(self, slot: int) -> tuple[torch.Tensor, ...] | None:
        """What each changed sample moved in a slot; None where that cannot be compared."""
        if slot not in self._masks:
            with quietly():
                found = [self.laboratory.moved(run, slot) for run in self.runs]
            whole = [mask for mask in found if mask is not None]
            self._masks[slot] = tuple(whole) if len(whole) == len(found) else None
        return self._masks[slot]

    def reaches(self, slot: int) -> bool:
        """True when every changed sample moved something in a slot."""
        masks = self.masks(slot)
        return masks is not None and all(bool(mask.any()) for mask in masks)

    def apart(self, slot: int) -> bool:
        """True when the samples touch disjoint indices of a slot, or it is a table of all pairs."""
        masks = self.masks(slot)
        if masks is None:
            return True
        return apart(masks, self.chosen, self.count)

    def rows(self, slot: int) -> tuple[int, tuple[frozenset[int], ...]] | None:
        """The axis of a slot along which the samples are apart, and each one's indices."""
        masks = self.masks(slot)
        found = alignment(masks, self.count) if masks else None
        return (found.axis, found.rows) if found is not None else None

    def moved_at(self, call: Call) -> Location | None:
        """The last line before a call that put the samples on another axis, or took some out."""
        tape, axis, found = self.laboratory.tape, None, None
        earlier = {c.number: c for slot in call.inputs for c in tape.leading_to(slot)}
        for _, maker in sorted(earlier.items()):
            given = [known for slot in maker.inputs if (known := self._axis(slot)) is not None]
            axis = given[0] if given else axis
            after = self._axis(maker.results[0])
            if after is None and given and not self.reaches(maker.results[0]):
                found = maker.location
            elif None not in (after, axis) and after != axis:
                axis, found = after, maker.location
        return found

    def _axis(self, slot: int) -> int | None:
        """The axis along which each sample has one place, in a slot that has all of them."""
        rows = self.rows(slot) if self.reaches(slot) else None
        one_each = rows is not None and all(len(places) == 1 for places in rows[1])
        return rows[0] if rows is not None and one_each else None


def apart(masks: Sequence[torch.Tensor], chosen: Sequence[int], count: int) -> bool:
    """True when no two samples share an index along some axis."""
    if not any(bool(mask.any()) for mask in masks):
        return True
    if masks[0].dim() == 0:
        return False
    return alignment(masks, count) is not None or pairwise(masks, chosen, count)


def separation(laboratory: Laboratory, root: Root, axis: int, most: int = 3) -> Separation | None:
    """Change some samples along this axis; None where the tape cannot be run so."""
    value = laboratory.tape.values[root.slot]
    if value is None or axis >= value.dim() or value.shape[axis] < 2:
        return None
    count = value.shape[axis]
    chosen = tuple(sorted({0, 1, count - 1}))[:most]
    runs = []
    for sample in chosen:
        run = laboratory.run(
            ("sample", root.slot, axis, sample), changes(laboratory, root, axis, sample)
        )
        if run is None:
            return None
        runs.append(run)
    return Separation(laboratory, root, axis, count, chosen, tuple(runs))


def changes(laboratory: Laboratory, root: Root, axis: int, index: int) -> dict[int, Value]:
    """Other values for one index of a root; its padding stays."""
    value = laboratory.value(root.slot)
    if value is None:
        return {}
    with quietly():
        after = value.detach().clone()
        row = after.select(axis, index)
        row.copy_(other_values(row, after, padding_values(laboratory.tape, root)))
    return {root.slot: after}


def changes_of_others(
    laboratory: Laboratory, root: Root, axis: int, index: int
) -> dict[int, Value]:
    """Other values for all of a root but one index; padding stays."""
    value = laboratory.value(root.slot)
    if value is None:
        return {}
    with quietly():
        after = other_values(value.detach(), value, padding_values(laboratory.tape, root)).clone()
        after.select(axis, index).copy_(value.select(axis, index))
    return {root.slot: after}
