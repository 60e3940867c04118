"""Does what a model says of a sequence depend on how far the sequence is padded?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from rnnscope.probing.alignment import changed
from rnnscope.probing.calls import ModelCall
from rnnscope.probing.copying import map_tensors, tensors_in
from rnnscope.probing.leak import Run, Samples, ancestors, with_sample_changed
from rnnscope.probing.replay import Replay
from rnnscope.subjects.proofs import Batch, PaddingRead

TOLERANCE = 1e-4  # other lengths make other matrix products, which round differently


@dataclass(frozen=True, slots=True)
class Lengths:
    """The true lengths of the samples of a call, and the padded length of its tensors."""

    values: tuple[int, ...]
    padded: int

    @property
    def vary(self) -> bool:
        return len(set(self.values)) > 1


def lengths_of(call: ModelCall) -> Lengths | None:
    """Lengths that were given to the model: integers, one for each sample, as long as an axis."""
    tensors = call.tensors
    for values in _integer_lists(call):
        longest = max(values)
        for tensor in tensors:
            if tensor.dim() < 2 or min(values) < 1:
                continue
            sizes = [size for size in tensor.shape if size >= longest]
            if len(values) in tensor.shape and longest in sizes and longest != len(values):
                return Lengths(tuple(values), longest)
    return None


def _integer_lists(call: ModelCall) -> list[list[int]]:
    found = [
        tensor.tolist()
        for tensor in call.tensors
        if tensor.dim() == 1 and tensor.numel() > 1 and not tensor.is_floating_point()
    ]
    for value in (*call.args, *call.kwargs.values()):
        if isinstance(value, (list, tuple)) and len(value) > 1:
            found += [list(value)] if all(type(item) is int for item in value) else []
    return [values for values in found if not isinstance(values[0], bool)]


def samples_by_length(call: ModelCall, lengths: Lengths) -> Samples | None:
    """The axis of the samples: as it was followed, or the one as long as there are lengths."""
    count = len(lengths.values)
    told = call.axes if call.batch is not None and call.batch.size == count else ()
    axes: list[int | None] = []
    for number, tensor in enumerate(call.tensors):
        found = [axis for axis, size in enumerate(tensor.shape) if size == count]
        known = told[number] if told else None
        axes.append(known if known is not None else found[0] if len(found) == 1 else None)
    sequences = (a for a, t in zip(axes, call.tensors, strict=True) if t.dim() > 1)
    return Samples(count, tuple(axes)) if any(axis is not None for axis in sequences) else None


def length_evidence(call: ModelCall) -> Batch | None:
    """Lengths, one for each sample, say that the samples are independent sequences."""
    lengths = lengths_of(call)
    if lengths is None or not lengths.vary:
        return None
    return Batch(len(lengths.values), False, call.location, "one length is given a sample")


@dataclass(frozen=True, slots=True)
class _Company:
    """Three rows of a call, the others left out, padded to the longest of the three."""

    rows: tuple[int, int, int]
    samples: Samples
    lengths: Lengths

    def arguments(self, call: ModelCall) -> tuple[Any, Any]:
        """The call's arguments with these rows only."""
        axes = iter(self.samples.axes)
        longest = max(self.lengths.values[row] for row in self.rows)

        def pick(tensor: torch.Tensor) -> torch.Tensor:
            axis = next(axes)
            if axis is None:
                return tensor
            rows = torch.tensor(self.rows, device=tensor.device)
            return self._trimmed(tensor.index_select(axis, rows), axis, longest)

        args, kwargs = map_tensors((call.args, dict(call.kwargs)), pick)
        return tuple(map(self._listed, args)), {k: self._listed(v) for k, v in kwargs.items()}

    def _trimmed(self, tensor: torch.Tensor, sample_axis: int, longest: int) -> torch.Tensor:
        sizes = [
            axis
            for axis, size in enumerate(tensor.shape)
            if size == self.lengths.padded and axis != sample_axis
        ]
        return tensor.narrow(sizes[0], 0, longest) if len(sizes) == 1 else tensor

    def _listed(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)) and list(value) == list(self.lengths.values):
            return type(value)([value[row] for row in self.rows])
        return value


def find_padding_read(call: ModelCall, run: Run) -> PaddingRead | None:
    """Run a short sample beside a long one and by itself: does what is said of it move?"""
    lengths = lengths_of(call)
    samples = samples_by_length(call, lengths) if lengths is not None and lengths.vary else None
    if lengths is None or samples is None or samples.count < 3:
        return None
    # Longest first, as packing sorts them: every operation then has the short one in the last row.
    order = sorted(range(samples.count), key=lambda row: -lengths.values[row])
    long, between, short = order[0], order[1], order[-1]
    call_beside = _replaced(call, _Company((long, between, short), samples, lengths))
    three = Samples(3, samples.axes)
    before = run(call_beside.args, call_beside.kwargs)
    other = run(*with_sample_changed(call_beside, three, 2))
    after = run(*_Company((short, short, short), samples, lengths).arguments(call))
    if not (before.same_path(other) and before.same_path(after)):
        return None
    if _draws(before, run(call_beside.args, call_beside.kwargs, seed=1)):  # type: ignore[call-arg]
        return None  # a dropout that is always on draws other numbers for another length
    pair = _Pair(before, other, after, lengths.values[short])
    return pair.reading((lengths.values[short], lengths.values[long]), call)


def _draws(one: Replay, other: Replay) -> bool:
    """True when a model's results depend on chance, in evaluation mode too."""
    pairs = zip(tensors_in(one.result), tensors_in(other.result), strict=False)
    return any(a.shape != b.shape or bool(changed(a, b).any()) for a, b in pairs)


def _replaced(call: ModelCall, company: _Company) -> ModelCall:
    args, kwargs = company.arguments(call)
    return ModelCall(call.model, args, kwargs, call.location, call.batch, call.axes, call.training)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A sample beside longer ones, the same with that sample changed, and the sample unpadded."""

    beside: Replay
    changed: Replay
    alone: Replay
    length: int

    def reading(self, padded: tuple[int, int], call: ModelCall) -> PaddingRead | None:
        moved = 0.0
        for a, b, c in zip(
            tensors_in(self.beside.result),
            tensors_in(self.changed.result),
            tensors_in(self.alone.result),
            strict=False,
        ):
            moved = max(moved, self._movement(a, b, c))
        if moved == 0.0:
            return None
        wanted = ancestors(self.beside)
        for number, step in enumerate(self.beside.steps):
            if number in wanted and self._step_moved(number):
                return PaddingRead(
                    step.name,
                    self.length,
                    padded,
                    moved,
                    step.location,
                    step.recurrent,
                    call.location,
                )
        return None

    def _step_moved(self, number: int) -> bool:
        runs = (self.beside, self.changed, self.alone)
        results = list(zip(*(run.steps[number].results for run in runs), strict=False))
        if self.beside.steps[number].recurrent:
            results = results[:1]  # who reads the final states of padded sequences comes later
        return any(self._movement(a, b, c) > 0 for a, b, c in results)

    def _movement(self, beside: torch.Tensor, other: torch.Tensor, alone: torch.Tensor) -> float:
        """How far the sample's elements that are no padding moved; 0.0 for rounding."""
        if not beside.is_floating_point() or beside.dim() == 0 or beside.dim() != alone.dim():
            return 0.0
        own = changed(beside, other) if beside.shape == other.shape else None
        if own is None or not bool(own.any()):
            return 0.0
        differing = [n for n, s in enumerate(beside.shape) if s != alone.shape[n]]
        if len(differing) > 1:
            return 0.0
        for axis in differing:
            if alone.shape[axis] > beside.shape[axis] or alone.shape[axis] < self.length:
                return 0.0
            beside, alone, own = (t.narrow(axis, 0, self.length) for t in (beside, alone, own))
        finite = own & beside.isfinite() & alone.isfinite()
        if not bool(finite.any()):
            return 0.0
        moved = float((beside - alone)[finite].abs().max())
        scale = float(beside[finite].abs().max())
        return moved if moved > TOLERANCE * max(scale, 1e-3) else 0.0
