"""depends_of(module, *inputs): from the first pass to everything that is said of the axes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from rnnscope.dependence import trials, values
from rnnscope.dependence.bench import DRAWS, Bench
from rnnscope.dependence.facts import Axis, Conduct, Dependence, Influence, Told
from rnnscope.dependence.naming import input_names, name_of
from rnnscope.dependence.passes import Pass, Passes, surroundings
from rnnscope.dependence.places import Place, matrices_of
from rnnscope.errors import CallError
from rnnscope.recording.nest import map_tensors

_FIXED = 4  # passes: the first, one on other values, one again, one in training
_FILLED, _NOT_FILLED = "a mask that is True there", "a mask that is False there"
_LENGTHS = "the lengths as they were"


def depends_of(target: Any, inputs: tuple[Any, ...], name: str | None = None) -> Dependence:
    """Everything about the axes of one module, object or function. Raises CallError, TargetError.

    At most ``4 + 2 * axes of the inputs`` forward passes are run, each on a copy as new.
    """
    if any(isinstance(value, PackedSequence) for value in inputs):
        raise CallError("a PackedSequence has no axes to look at: give the padded tensor.")
    tensors = trials.fields(inputs)
    if not tensors:
        raise CallError("there is no tensor among the inputs: give one, as in --input 3,7,10.")
    most = _FIXED + 2 * sum(tensor.dim() for tensor in tensors)
    passes = Passes(target, name or name_of(target), most)
    with surroundings():
        return Finding(passes, tuple(inputs)).found()


class Finding:
    """What is known of one module so far, step by step."""

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

    # ---- what moves ------------------------------------------------------------------------------

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
        indices = values.indices(size) if self.faithful else (size // 2,)
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
                    place.sizes.append(self._resized(place, by, tied=tied))
        for place in tried:
            if not place.free and place.size > 2:
                place.sizes.append(self._resized(place, -1, tied=self._has_ties(place)))

    def _has_ties(self, place: Place) -> bool:
        return bool(trials.ties(self.tensors, place.number, place.axis))

    def _resized(self, place: Place, by: int, **how: bool) -> trials.Longer:
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
        if len(mixed) > 1:
            mixed = [a for a in mixed if self._takes_any_order(a)] or mixed
        first = getattr(self.passes.target, "batch_first", True)
        axis = mixed[0] if len(mixed) == 1 or first else mixed[-1]
        self.axes[0, axis] = Axis("batch", own[axis].size, "mixed", note="samples see each other")

    def _takes_any_order(self, axis: int) -> bool:
        place = next(p for p in self.places if (p.number, p.axis) == (0, axis))
        reached = place.reached(self.base.named)
        names = list(self.base.named)
        return self.faithful and any(
            self.bench.follows({0: axis}, names.index(name), other)
            for name, other in reached.items()
        )

    # ---- what it does as a whole -----------------------------------------------------------------

    def found(self) -> Dependence:
        """Everything, in the order in which it is told."""
        conduct = self._conduct()
        return Dependence(
            self.passes.name,
            tuple(self._told_inputs()),
            tuple(self._told_results()),
            tuple(self._influences()),
            conduct,
            self.passes.count,
            self.passes.most,
        )

    @property
    def time(self) -> Place | None:
        """The axis of steps of the first input."""
        own = [p for p in self.places if p.number == 0 and self.axes[0, p.axis].kind == "time"]
        ways = ("causal", "anti-causal")
        return next((p for p in own if self.axes[0, p.axis].how in ways), own[0] if own else None)

    def _conduct(self) -> Conduct:
        time, output = self.time, next(iter(self.base.named))
        axis = time.reached(self.base.named).get(output) if time else None
        second = trials.again(self.passes, self.inputs, axis)
        same = second.done is None or _same(self.base, second.done)
        module = isinstance(self.passes.target, nn.Module)
        trained = self.passes.tried(self.inputs, training=True, taped=True) if module else None
        x = self.tensors[0]
        floats = [t for t in self.base.named.values() if t.is_floating_point()]
        conduct = Conduct(
            deterministic=same,
            draws=self.base.drew and not same,
            kept=self.base.kept,
            training_differs=None if trained is None or not same else not _same(self.base, trained),
            training_mixes=self._mixes(trained),
            cut=self._cut(time, axis, second.gradient),
            dtypes_kept=not x.is_floating_point() or all(t.dtype == x.dtype for t in floats),
            device_kept=all(t.device == x.device for t in self.base.named.values()),
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
        kept = longer.kept(self.base.named)
        masks = any(tensor.dtype is torch.bool for tensor in self.tensors[1:])
        lengths = any(not tensor.is_floating_point() for tensor in self.tensors[1:])
        if masks and len(kept) < len(self.base.named):
            filled = self._resized(time, longer.by, tied=longer.tied, fill=True)
            better = filled.kept(self.base.named)
            if len(better) > len(kept):
                return replace(conduct, right=better, padded_by=_FILLED)
        by = _NOT_FILLED if masks and longer.tied else "zeros"
        return replace(conduct, right=kept, padded_by=by if masks or not lengths else _LENGTHS)

    def _carried_on(self, conduct: Conduct, time: Place | None, axis: int | None) -> Conduct:
        """States, by halves; then padding in front, if passes are left."""
        told = self.axes.get((0, time.axis)) if time else None
        if time is None:
            halves = trials.given_back(self.passes, self.inputs, self.base)
        elif axis is not None and told is not None:
            stride = max(1, int(told.stride))
            cut = time.size // 2 // stride * stride
            halves = trials.halves(self.passes, self.inputs, self.base, time.axis, axis, cut)
        else:
            halves = None
        if halves is not None:
            conduct = replace(
                conduct, states=halves.states, continues=halves.continues, apart=halves.apart
            )
        longer = (
            next((one for one in time.sizes if one.by > 0 and one.done), None) if time else None
        )
        if time is None or longer is None or self.passes.left < 1:
            return conduct
        filled = conduct.padded_by == _FILLED
        front = self._resized(time, longer.by, tied=longer.tied, front=True, fill=filled)
        return replace(conduct, left=front.kept(self.base.named, front=True))

    def _mixes(self, trained: Pass | None) -> bool | None:
        """Whether samples see each other in training."""
        if any(told.mixed for (number, _), told in self.axes.items() if number == 0):
            return True
        place = next(
            (p for p in self.places if p.number == 0 and self.axes[0, p.axis].kind == "batch"), None
        )
        if trained is None or place is None or place.main is None or not self.faithful:
            return None
        bench, names = Bench(trained, self.inputs, draws=2), list(self.base.named)
        mask = bench.column(0, place.axis, 0)[names.index(place.main[0])]
        if mask is None:
            return None
        return bool(mask.movedim(place.main[1], 0)[1:].any())

    def _cut(self, time: Place | None, axis: int | None, gradient: Tensor | None) -> bool | None:
        """Whether the first step moves the last one, and no gradient comes back to it."""
        output = next(iter(self.base.named))
        if time is None or axis is None or gradient is None or 0 not in time.indices:
            return None
        if not bool(time.matrices[output, axis][0, -1]):
            return None
        return not bool(gradient.select(time.axis, 0).abs().max() > 0)

    def _notes(self, trained: Pass | None) -> Iterator[str]:
        if not self.faithful:
            yield "parts of it do not run in torch's own functions: one step of each axis was tried"
        if trained is None and isinstance(self.passes.target, nn.Module):
            yield "it does not run in training mode"

    # ---- how it is told --------------------------------------------------------------------------

    def _told_inputs(self) -> Iterator[Told]:
        names = input_names(self.passes.target, self.inputs)
        for number, (name, tensor) in enumerate(zip(names, self.tensors, strict=True)):
            axes = tuple(self.axes[number, axis] for axis in range(tensor.dim()))
            yield _told(name, tensor, axes)

    def _told_results(self) -> Iterator[Told]:
        for name, tensor in self.base.named.items():
            axes = tuple(self._result_axis(name, tensor, axis) for axis in range(tensor.dim()))
            yield _told(name, tensor, axes)

    def _result_axis(self, name: str, tensor: Tensor, axis: int) -> Axis:
        size = tensor.shape[axis]
        if size < 2:
            return Axis("unknown", size, note="one step tells nothing")
        matrices = [p.matrices.get((name, axis)) for p in self.places]
        if not any(m is not None and bool(m.any()) for m in matrices):
            return Axis("unknown", size, note="nothing moves it")
        moved_apart = any(p.partners.get(name, (None,))[0] == axis for p in self.places)
        equal = (values.alike(t.narrow(axis, 0, 1).expand_as(t), t) for t in self._drawn(name))
        if not moved_apart and all(equal):
            return Axis("broadcast", size)
        for place in self.places:
            if place.reached(self.base.named).get(name) == axis:
                told = self.axes[place.number, place.axis]
                if told.kind in ("batch", "time"):
                    return replace(told, size=size, note="")
        return Axis("features", size)

    def _drawn(self, name: str) -> Iterator[Tensor]:
        """A result in every draw."""
        yield self.base.named[name]
        place = list(self.base.named).index(name)
        yield from (t for _, base in self.bench.draws if (t := base[place]) is not None)

    def _influences(self) -> Iterator[Influence]:
        names = input_names(self.passes.target, self.inputs)
        for place in self.places:
            kind = self.axes[place.number, place.axis].kind
            if kind not in ("batch", "time"):
                continue
            for result, axis in place.reached(self.base.named).items():
                matrix = place.matrices.get((result, axis))
                if matrix is not None:
                    rows = _rows(matrix, place)
                    yield Influence(names[place.number], place.axis, result, axis, kind, rows)


def _rows(matrix: Tensor, place: Place) -> tuple[tuple[bool | None, ...], ...]:
    """By result step, then by input step; None where an input step was not tried."""
    columns = dict(zip(place.indices, matrix.tolist(), strict=True))
    every = [columns.get(i) for i in range(place.size)]
    return tuple(
        tuple(None if column is None else bool(column[j]) for column in every)
        for j in range(matrix.shape[1])
    )


def _told(name: str, tensor: Tensor, axes: tuple[Axis, ...]) -> Told:
    return Told(name, tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."), axes)


def _same(one: Pass, other: Pass) -> bool:
    pairs = [(tensor, other.named.get(name)) for name, tensor in one.named.items()]
    return all(b is not None and values.alike(a, b.detach()) for a, b in pairs)
