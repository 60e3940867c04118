"""The smallest evidence that a module is not as it should be, for property tests.

Each check runs the module itself, in the mode that it is in, on copies as new, and always from the
same seed. It returns the first witness that it meets, or None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from rnnscope.dependence import trials, values
from rnnscope.dependence.naming import input_names, name_of
from rnnscope.dependence.passes import Named, Passes
from rnnscope.measuring.surroundings import surroundings
from rnnscope.recording.nest import map_tensors

_MANY = 10**6  # nobody counts the passes of a test
Axes = tuple[int, int]


def axes_of(module: Any, batch: int | None, time: int | None) -> Axes:
    """The axes of samples and of steps: as given, or as batch_first says, or batch first."""
    first = getattr(module, "batch_first", True) is not False
    return (0 if first else 1) if batch is None else batch, (int(first) if time is None else time)


class Check:
    """A module on its inputs, to be changed and compared; axis numbers are those of input 0."""

    def __init__(self, module: Any, inputs: Sequence[Any], axes: Axes) -> None:
        self.passes = Passes(module, name_of(module), _MANY)
        self.training = bool(getattr(module, "training", False))
        self.inputs, (self.batch, self.time) = tuple(inputs), axes
        self.tensors = trials.fields(self.inputs)
        self.x, self.name = self.tensors[0], input_names(module, self.inputs)[0]
        self.base = self.run(self.x)

    def run(self, x: Tensor, rest: Sequence[Tensor] | None = None) -> Named:
        """The results for another first input, and for other tensors behind it."""
        replaced = iter([x, *(self.tensors[1:] if rest is None else rest)])
        given = map_tensors(self.inputs, lambda _: next(replaced))
        return self.passes(given, training=self.training).named

    def changed(self, axis: int, index: int, other: tuple[int, int] | None = None) -> Named:
        """The results when one slice of the first input has other values, or a part of it."""
        generator = torch.Generator().manual_seed(index)
        x = values.with_slice(self.x, axis, index, generator)
        if other is not None:
            kept = torch.ones(self.x.shape[other[0]], dtype=torch.bool, device=x.device)
            kept[other[1]] = False
            x = x.movedim(other[0], 0)
            x[kept] = self.x.movedim(other[0], 0)[kept]
            x = x.movedim(0, other[0])
        return self.run(x)

    def leak(self) -> str | None:
        """One sample that moves another's results."""
        for sample in range(self.x.shape[self.batch]):
            found = self._smallest(self.batch, sample, self.time, self._of_others)
            if found:
                return found
        return None

    def foresight(self) -> str | None:
        """A step that moves the result of an earlier one."""
        for step in range(1, self.x.shape[self.time]):
            found = self._smallest(self.time, step, self.batch, self._earlier)
            if found:
                return found
        return None

    def _smallest(
        self, axis: int, index: int, other: int, forbidden: Callable[..., str | None]
    ) -> str | None:
        """What one slice moves that it should not, and if possible one step of that slice."""
        whole = forbidden(self.changed(axis, index), index)
        if whole is None:
            return None
        place = {axis: str(index)}
        for k in range(self.x.shape[other]) if other < self.x.dim() else ():
            part = forbidden(self.changed(axis, index, (other, k)), index)
            if part is not None:
                whole, place[other] = part, str(k)
                break
        return f"{whole} when {self.name}[{_indexed(place)}] changed"

    def _of_others(self, after: Named, sample: int) -> str | None:
        size = self.x.shape[self.batch]
        for name, before, now in self._pairs(after):
            mask = values.moved(before, now)
            outside = [
                _without(mask, axis, sample)
                for axis in range(mask.dim())
                if mask.shape[axis] == size
            ]
            if outside and all(bool(one.any()) for one in outside):
                own = (
                    self.batch if mask.dim() > self.batch and mask.shape[self.batch] == size else -1
                )
                first = _without(mask, own, sample) if own >= 0 else outside[0]
                return _told(name, before, now, first)
        return None

    def _earlier(self, after: Named, step: int) -> str | None:
        for name, before, now in self._pairs(after):
            mask = values.moved(before, now)
            if mask.dim() > self.time and mask.shape[self.time] == self.x.shape[self.time]:
                early = mask.narrow(self.time, 0, step)
                if bool(early.any()):
                    return _told(name, before, now, early)
        return None

    def _pairs(self, after: Named) -> Iterator[tuple[str, Tensor, Tensor]]:
        for name, before in self.base.items():
            now = after.get(name)
            if now is not None and now.shape == before.shape:
                yield name, before, now

    def broken_off(self) -> str | None:
        """Two halves that are not the whole, though the state is handed on."""
        base = self.passes(self.inputs, training=self.training)
        output = base.named[next(iter(base.named))]
        if output.dim() <= self.time:
            return f"{next(iter(base.named))} has no axis {self.time}, along which to go on"
        for cut in dict.fromkeys((1, self.x.shape[self.time] // 2)):
            found = trials.halves(self.passes, self.inputs, base, self.time, self.time, cut=cut)
            if found is None:
                return "it hands on no state: nothing that it returns can be given back to it"
            if not found.continues:
                by = f", they differ by {found.apart:.2g}" if found.apart is not None else ""
                return f"cut at step {cut}, the halves are not the whole{by}"
        return None

    def padding_read(self, by: int, front: bool) -> str | None:
        """A result that more padding changes; masks are extended by what says padding."""
        size, message = self.x.shape[self.time], "it takes no longer input"
        for tied, fill in ((False, False), (True, False), (True, True)):
            longer = trials.resized(
                self.passes, self.inputs, 0, self.time, by, tied=tied, front=front, fill=fill
            )
            if longer.done is None:
                continue
            kept = longer.kept(self.base, front)
            lost = [name for name in self.base if name not in kept]
            if not lost:
                return None
            where = "before" if front else "behind"
            message = f"{lost[0]} moved when {by} steps of padding came {where} the {size}"
        return message

    def order_read(self) -> str | None:
        """A result that does not follow when the samples change places."""
        size = self.x.shape[self.batch]
        order = torch.arange(size, device=self.x.device).flip(0)
        rest = list(self.tensors[1:])
        for place, axis in trials.ties(self.tensors, 0, self.batch):
            rest[place - 1] = rest[place - 1].index_select(axis, order)
        after = self.run(self.x.index_select(self.batch, order), rest)
        for name, before, now in self._pairs(after):
            own = [axis for axis in range(before.dim()) if before.shape[axis] == size]
            undone = [(axis, now.index_select(axis, order)) for axis in own]
            if own and not any(values.alike(before, one) for _, one in undone):
                axis, one = next((u for u in undone if u[0] == self.batch), undone[0])
                told = _told(name, before, one, values.moved(before, one))
                return f"{told} when the order along axis {axis} was turned around"
        return None


def checked(
    module: Any, inputs: Sequence[Any], axes: Axes, look: Callable[[Check], str | None]
) -> str | None:
    """What a check says of a module."""
    with surroundings():
        return look(Check(module, inputs, axes))


def _without(mask: Tensor, axis: int, index: int) -> Tensor:
    mask = mask.clone()
    mask.select(axis, index).zero_()
    return mask


def _told(name: str, before: Tensor, now: Tensor, mask: Tensor) -> str:
    """The first place of a mask, with how far it has moved."""
    place = tuple(int(n) for n in mask.nonzero()[0])
    by = values.gap(before[place], now[place])
    return f"{name}[{', '.join(map(str, place))}] moved by {by:.2g}"


def _indexed(place: dict[int, str]) -> str:
    return ", ".join(place.get(axis, ":") for axis in range(max(place) + 1))
