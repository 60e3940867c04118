"""depends_of(module, *inputs): from the first pass to everything that is said of the axes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from rnnscope.dependence import trials, values
from rnnscope.dependence.conduct import Whole
from rnnscope.dependence.facts import Axis, Dependence, Influence, Told
from rnnscope.dependence.naming import input_names, name_of
from rnnscope.dependence.passes import Passes
from rnnscope.dependence.places import Place
from rnnscope.dependence.seeing import Seen
from rnnscope.errors import CallError
from rnnscope.measuring.surroundings import surroundings

_FIXED = 4  # passes: the first, one on other values, one again, one in training


def depends_of(target: Any, inputs: tuple[Any, ...], name: str | None = None) -> Dependence:
    """Everything about the axes of one module, object or function. Raises CallError, TargetError.

    At most ``4 + 2 * axes of the inputs`` forward passes are run, each on a copy as new.
    """
    if any(isinstance(value, PackedSequence) for value in inputs):
        raise CallError("a PackedSequence has no axes to look at: give the padded tensor.")
    tensors = trials.fields(inputs)
    if not tensors:
        raise CallError("there is no tensor among the inputs: give one, as in --input 3,7,10.")
    if any(tensor.is_meta or tensor.is_complex() for tensor in tensors):
        raise CallError("meta and complex tensors cannot be changed a little: give real numbers.")
    if any(tensor.numel() == 0 for tensor in tensors):
        raise CallError("an input without elements has nothing to change: give sizes above 0.")
    most = _FIXED + 2 * sum(tensor.dim() for tensor in tensors)
    passes = Passes(target, name or name_of(target), most)
    with surroundings():
        seen = Seen(passes, tuple(inputs))
        conduct = Whole(seen).conduct()
        told = Telling(seen)
        return Dependence(
            passes.name,
            tuple(told.inputs()),
            tuple(told.results()),
            tuple(told.influences()),
            conduct,
            passes.count,
            passes.most,
        )


class Telling:
    """Tensors, axes and matrices as data, of what was seen."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen

    def inputs(self) -> Iterator[Told]:
        """What goes in."""
        names = input_names(self.seen.passes.target, self.seen.inputs)
        for number, (name, tensor) in enumerate(zip(names, self.seen.tensors, strict=True)):
            axes = tuple(self.seen.axes[number, axis] for axis in range(tensor.dim()))
            yield _told(name, tensor, axes)

    def results(self) -> Iterator[Told]:
        """What comes out."""
        for name, tensor in self.seen.base.named.items():
            axes = tuple(self._result_axis(name, tensor, axis) for axis in range(tensor.dim()))
            yield _told(name, tensor, axes)

    def _result_axis(self, name: str, tensor: Tensor, axis: int) -> Axis:
        size = tensor.shape[axis]
        if size < 2:
            return Axis("unknown", size, note="one step tells nothing")
        matrices = [p.matrices.get((name, axis)) for p in self.seen.places]
        if not any(m is not None and bool(m.any()) for m in matrices):
            return Axis("unknown", size, note="nothing moves it")
        moved_apart = any(p.partners.get(name, (None,))[0] == axis for p in self.seen.places)
        equal = (values.alike(t.narrow(axis, 0, 1).expand_as(t), t) for t in self._drawn(name))
        if not moved_apart and all(equal):
            return Axis("broadcast", size)
        for place in self.seen.places:
            if place.reached(self.seen.base.named).get(name) == axis:
                told = self.seen.axes[place.number, place.axis]
                if told.kind in ("batch", "time"):
                    return replace(told, size=size, note="")
        return Axis("features", size)

    def _drawn(self, name: str) -> Iterator[Tensor]:
        """A result in every draw."""
        yield self.seen.base.named[name]
        place = list(self.seen.base.named).index(name)
        yield from (t for _, base in self.seen.bench.draws if (t := base[place]) is not None)

    def influences(self) -> Iterator[Influence]:
        """The matrices of all axes of samples and of steps."""
        names = input_names(self.seen.passes.target, self.seen.inputs)
        for place in self.seen.places:
            kind = self.seen.axes[place.number, place.axis].kind
            if kind not in ("batch", "time"):
                continue
            for result, axis in place.reached(self.seen.base.named).items():
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
