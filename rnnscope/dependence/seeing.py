"""Seen: what the axes of the inputs are, from what moves and from the sizes that are taken."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from rnnscope.dependence import trials, values
from rnnscope.dependence.bench import DRAWS, Bench
from rnnscope.dependence.facts import Axis
from rnnscope.dependence.passes import Passes
from rnnscope.dependence.places import Place, matrices_of
from rnnscope.recording.nest import map_tensors

MIXED = "samples see each other"
MAYBE = f"{MIXED}, if it is they that are here"


class Seen:
    """A module on its inputs: ``base`` is its first pass, ``axes`` are those of the inputs."""

    def __init__(self, passes: Passes, inputs: tuple[Any, ...]) -> None:
        self.passes, self.inputs = passes, inputs
        self.tensors = trials.fields(inputs)
        self.base = passes.first(inputs)
        self.bench = Bench(self.base, inputs)
        self.faithful = self._faithful()
        passes.reserved = 2
        self.places = [
            self._place(number, axis)
            for number, tensor in enumerate(self.tensors)
            for axis in range(tensor.dim())
        ]
        self._find_alone()
        self._try_sizes()
        self.axes = {(p.number, p.axis): p.described(self.base.named, DRAWS) for p in self.places}
        self._find_mixed()
        passes.reserved = 0

    def _faithful(self) -> bool:
        """Whether the tape says what the module does, on other values as well."""
        read = any(self.tensors[n].is_floating_point() for n in self.bench.held)
        if read or not self.bench.draws or not self.bench.agrees(self.tensors, self.base.named):
            return False
        generator = torch.Generator().manual_seed(1)
        other = [
            values.drawn(tensor, generator)
            if values.is_measured(tensor)
            else tensor.roll(1, 0) if n not in self.bench.held and tensor.dim() else tensor
            for n, tensor in enumerate(self.tensors)
        ]  # fmt: skip
        replaced = iter(other)
        given = map_tensors(self.inputs, lambda _: next(replaced))
        done = self.passes.tried(given)
        return done is None or self.bench.agrees(other, done.named)

    def _place(self, number: int, axis: int) -> Place:
        size = self.tensors[number].shape[axis]
        indices = values.indices(size, self.bench.most) if self.faithful else (size // 2,)
        held = number in self.bench.held and self.faithful
        indices = () if held or not size else indices
        columns = [self._column(number, axis, index) for index in indices]
        matrices = matrices_of(self.base.named, columns) if columns else {}
        return Place(number, axis, size, indices, matrices, held)

    def _column(self, number: int, axis: int, index: int) -> list[Tensor | None]:
        if self.faithful:
            return self.bench.column(number, axis, index)
        # The tape is not what the module does, and so the module itself is run.
        changed = list(self.tensors)
        generator = torch.Generator().manual_seed(2)
        changed[number] = values.with_slice(changed[number], axis, index, generator)
        replaced = iter(changed)
        done = self.passes.tried(map_tensors(self.inputs, lambda _: next(replaced)))
        now = done.named if done else {}
        same = {n: t for n, t in self.base.named.items() if n in now and now[n].shape == t.shape}
        return [values.moved(t, now[n]) if n in same else None for n, t in self.base.named.items()]

    def _find_alone(self) -> None:
        """Which axes hold samples: each has results of its own, and they may change places."""
        for place in self.places:
            shapes = place.partners.values()
            if not place.main or not all(shape.diagonal for _, shape in shapes):
                continue
            name, axis, _ = place.main
            together = {
                other.number: other.axis
                for other in reversed(self.places)
                if other.partners.get(name, (None, None))[0] == axis
            }
            together[place.number] = place.axis
            # What is drawn for each sample does not change places with it.
            place.alone = not self.faithful or self.base.drew or self.bench.follows(
                together, list(self.base.named).index(name), axis
            )  # fmt: skip

    def _try_sizes(self) -> None:
        """Longer alone, then with what is as long in the other inputs, then shorter."""
        tried = [p for p in self.places if not p.alone and p.size > 1 and not p.held]
        for tied in (False, True):
            for place in tried:
                by = max(1, int(place.main[2].stride)) if place.main else 1
                if not place.free and (not tied or self._has_ties(place)):
                    place.sizes.append(self.resized(place, by, tied=tied))
        for place in tried:
            if not place.free and place.size > 2:
                place.sizes.append(self.resized(place, -1, tied=self._has_ties(place)))

    def _has_ties(self, place: Place) -> bool:
        return bool(trials.ties(self.tensors, place.number, place.axis))

    def resized(self, place: Place, by: int, **how: bool) -> trials.Longer:
        """A pass with this axis longer or shorter."""
        return trials.resized(self.passes, self.inputs, place.number, place.axis, by, **how)

    def _find_mixed(self) -> None:
        """An axis of the samples on which they see each other: by elimination.

        Samples come before features, and nothing else is an axis of samples; the steps of time
        reach each other only one way, or do not take any order as this axis does.
        """
        own = {axis: told for (number, axis), told in self.axes.items() if number == 0}
        kinds = [told.kind for told in own.values()]
        if "batch" in kinds or "features" not in kinds:
            return
        last = len(kinds) - 1 - kinds[::-1].index("features")
        steps = [a for a in range(min(2, last)) if own[a].kind == "time" and own[a].stride == 1]
        mixed = [a for a in steps if own[a].how == "both" and own[a].back is own[a].ahead is None]
        if len(steps) < 2 or not mixed:
            return
        said = getattr(self.passes.target, "batch_first", None)
        free = [a for a in mixed if self._takes_any_order(a)] if len(mixed) > 1 else []
        mixed = free or mixed
        axis = mixed[-1] if said is False else mixed[0]
        certain = bool(free) or len(steps) > len(mixed) or isinstance(said, bool)
        self.axes[0, axis] = Axis(
            "batch", own[axis].size, "mixed", note=MIXED if certain else MAYBE
        )

    def _takes_any_order(self, axis: int) -> bool:
        place = next(p for p in self.places if (p.number, p.axis) == (0, axis))
        reached = place.reached(self.base.named)
        names = list(self.base.named)
        return self.faithful and any(
            self.bench.follows({0: axis}, names.index(name), other)
            for name, other in reached.items()
        )

    @property
    def time(self) -> Place | None:
        """The axis of steps of the first input."""
        own = [p for p in self.places if p.number == 0 and self.axes[0, p.axis].kind == "time"]
        ways = ("causal", "anti-causal")
        return next((p for p in own if self.axes[0, p.axis].how in ways), own[0] if own else None)
