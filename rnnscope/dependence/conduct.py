"""What a module does as a whole: again, in training, cut in two, padded, differentiated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor, nn

from rnnscope.dependence import trials, values
from rnnscope.dependence.bench import Bench
from rnnscope.dependence.facts import Conduct
from rnnscope.dependence.passes import Pass
from rnnscope.dependence.places import Place
from rnnscope.dependence.seeing import Seen

_FILLED, _NOT_FILLED = "a mask that is True there", "a mask that is False there"
_LENGTHS = "the lengths as they were"


class Whole:
    """What can be tried of a module whose axes are known."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen

    def conduct(self) -> Conduct:
        """Everything that is tried of the module as a whole."""
        time, output = self.seen.time, next(iter(self.seen.base.named))
        axis = time.reached(self.seen.base.named).get(output) if time else None
        second = trials.again(self.seen.passes, self.seen.inputs, axis)
        same = second.done is None or _same(self.seen.base, second.done)
        module = isinstance(self.seen.passes.target, nn.Module)
        trained = (
            self.seen.passes.tried(self.seen.inputs, training=True, taped=True) if module else None
        )
        x = self.seen.tensors[0]
        floats = [t for t in self.seen.base.named.values() if t.is_floating_point()]
        conduct = Conduct(
            deterministic=same,
            draws=self.seen.base.drew and not same,
            kept=self.seen.base.kept,
            training_differs=None
            if trained is None or not same
            else not _same(self.seen.base, trained),
            training_mixes=self._mixes(trained),
            cut=self._cut(time, axis, second.gradient),
            dtypes_kept=not x.is_floating_point() or all(t.dtype == x.dtype for t in floats),
            device_kept=all(t.device == x.device for t in self.seen.base.named.values()),
            notes=tuple(self._notes(trained)),
        )
        return self._carried_on(self._padded(conduct, time), time, axis)

    def _padded(self, conduct: Conduct, time: Place | None) -> Conduct:
        """More padding behind the last step: which results keep what they had."""
        longer = (
            next((one for one in time.sizes if one.by > 0 and one.done), None) if time else None
        )
        if time is None or longer is None:
            return conduct
        kept = longer.kept(self.seen.base.named)
        masks = any(tensor.dtype is torch.bool for tensor in self.seen.tensors[1:])
        lengths = any(not tensor.is_floating_point() for tensor in self.seen.tensors[1:])
        if masks and len(kept) < len(self.seen.base.named):
            filled = self.seen.resized(time, longer.by, tied=longer.tied, fill=True)
            better = filled.kept(self.seen.base.named)
            if len(better) > len(kept):
                return replace(conduct, right=better, padded_by=_FILLED)
        by = _NOT_FILLED if masks and longer.tied else "zeros"
        return replace(conduct, right=kept, padded_by=by if masks or not lengths else _LENGTHS)

    def _carried_on(self, conduct: Conduct, time: Place | None, axis: int | None) -> Conduct:
        """States, by halves; then padding in front, if passes are left."""
        told = self.seen.axes.get((0, time.axis)) if time else None
        if time is None:
            halves = trials.given_back(self.seen.passes, self.seen.inputs, self.seen.base)
        elif axis is not None and told is not None:
            stride = max(1, int(told.stride))
            cut = time.size // 2 // stride * stride
            halves = trials.halves(
                self.seen.passes, self.seen.inputs, self.seen.base, time.axis, axis, cut
            )
        else:
            halves = None
        if halves is not None:
            conduct = replace(
                conduct, states=halves.states, continues=halves.continues, apart=halves.apart
            )
        longer = (
            next((one for one in time.sizes if one.by > 0 and one.done), None) if time else None
        )
        if time is None or longer is None or self.seen.passes.left < 1:
            return conduct
        filled = conduct.padded_by == _FILLED
        front = self.seen.resized(time, longer.by, tied=longer.tied, front=True, fill=filled)
        return replace(conduct, left=front.kept(self.seen.base.named, front=True))

    def _mixes(self, trained: Pass | None) -> bool | None:
        """Whether samples see each other in training."""
        if any(told.mixed for (number, _), told in self.seen.axes.items() if number == 0):
            return True
        place = next(
            (
                p
                for p in self.seen.places
                if p.number == 0 and self.seen.axes[0, p.axis].kind == "batch"
            ),
            None,
        )
        if trained is None or place is None or place.main is None or not self.seen.faithful:
            return None
        bench, names = Bench(trained, self.seen.inputs, draws=2), list(self.seen.base.named)
        mask = bench.column(0, place.axis, 0)[names.index(place.main[0])]
        if mask is None:
            return None
        return bool(mask.movedim(place.main[1], 0)[1:].any())

    def _cut(self, time: Place | None, axis: int | None, gradient: Tensor | None) -> bool | None:
        """Whether the first step moves the last one, and no gradient comes back to it."""
        output = next(iter(self.seen.base.named))
        if time is None or axis is None or gradient is None or 0 not in time.indices:
            return None
        if not bool(time.matrices[output, axis][0, -1]):
            return None
        return not bool(gradient.select(time.axis, 0).abs().max() > 0)

    def _notes(self, trained: Pass | None) -> Iterator[str]:
        if not self.seen.faithful:
            yield "parts of it do not run in torch's own functions: one step of each axis was tried"
        if trained is None and isinstance(self.seen.passes.target, nn.Module):
            yield "it does not run in training mode"


def _same(one: Pass, other: Pass) -> bool:
    pairs = [(tensor, other.named.get(name)) for name, tensor in one.named.items()]
    return all(b is not None and values.alike(a, b.detach()) for a, b in pairs)
