"""Does what is said of a short sequence depend on how far it is padded?

Asked by less padding, not by other padding: a sum over zeros is right, a mean over them is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rnnscope.experiments.alignment import changed
from rnnscope.experiments.calm import draws, without_dropout
from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.meeting import Meeting
from rnnscope.experiments.padding import Padding, visible_padding
from rnnscope.experiments.replay import Run, Value, quietly
from rnnscope.experiments.samples import Separation, changes
from rnnscope.questions.like_with_like import order_of
from rnnscope.recording.nest import map_nest
from rnnscope.recording.tape import RECURRENT_KERNELS, Call
from rnnscope.subjects.proofs import PaddingRead

TOLERANCE = 1e-4  # other lengths make other matrix products, which round differently


def padding_read(
    laboratory: Laboratory, meeting: Meeting, tried: Separation
) -> Iterator[PaddingRead]:
    """The first call after which a short sample is another one for being padded."""
    value = laboratory.tape.values[tried.root.slot]
    with quietly():
        padding = visible_padding(value, tried.axis) if value is not None else None
    if padding is None or value is None or value.shape.count(padding.longest) != 1:
        return
    if order_of(tried, meeting.prediction) not in (None, tried.chosen):
        return  # rows that were sorted and not put back are another mistake
    short = min(range(tried.count), key=lambda sample: padding.lengths[sample])
    if padding.lengths[short] == padding.longest:
        return
    calm = laboratory
    if draws(laboratory.tape):
        calm = Laboratory(laboratory.tape, laboratory.budget, without_dropout)
    other = calm.run(("own", short), changes(calm, tried.root, tried.axis, short))
    alone = calm.run(
        ("less padding", tried.root.slot, short),
        _shortened(calm, tried.root.slot, padding, padding.lengths[short]),
        _Shorter(calm, padding, padding.lengths[short], tried.count),
    )
    if other is None or alone is None:
        return
    pair = _Pair(calm, other, alone, padding.lengths[short])
    moved = pair.movement(meeting.prediction)
    if moved > 0:
        yield from pair.reading(meeting.prediction, padding, moved)


def _shortened(
    laboratory: Laboratory, root: int, padding: Padding, length: int
) -> dict[int, Value]:
    """Every slot of data with an axis as long as the padded sequences, cut to ``length``."""
    tape = laboratory.tape
    cut: dict[int, Value] = {}
    for slot in sorted(tape.begun | tape.batches | {root}):
        value = laboratory.value(slot)
        if value is None or slot in tape.parameters or value.dim() == 0:
            continue
        axes = [axis for axis, size in enumerate(value.shape) if size == padding.longest]
        with quietly():
            if len(axes) == 1:
                cut[slot] = value.detach().narrow(axes[0], 0, length)
            elif tuple(value.flatten().tolist() if value.dim() == 1 else ()) == padding.lengths:
                cut[slot] = value.detach().clamp(max=length)
    return cut


@dataclass(frozen=True, slots=True)
class _Shorter:
    """Adapts calls to the shorter sequences: sizes that were written as numbers, and lengths."""

    laboratory: Laboratory
    padding: Padding
    length: int
    count: int

    def __call__(self, call: Call, args: Any, kwargs: Any) -> tuple[Any, Any]:
        if self.laboratory.adapt is not None:
            args, kwargs = self.laboratory.adapt(call, args, kwargs)
        if call.name == "_pack_padded_sequence":
            return (args[0], args[1].clamp(max=self.length), *args[2:]), kwargs
        if call.name in RECURRENT_KERNELS or not call.inputs:
            return args, kwargs
        return map_nest(args, self._size), map_nest(kwargs, self._size)

    def _size(self, value: Any) -> Any:
        if type(value) is not int:
            return value
        if value == self.padding.longest:
            return self.length
        return self.count * self.length if value == self.count * self.padding.longest else value


@dataclass(frozen=True, slots=True)
class _Pair:
    """A run with one sample changed, which tells its elements, and one with it unpadded."""

    laboratory: Laboratory
    other: Run
    alone: Run
    length: int

    def movement(self, slot: int) -> float:
        """How far the sample's own elements that are no padding moved; 0.0 for rounding."""
        beside, alone = self.laboratory.value(slot), self.alone.value(slot)
        other = self.other.value(slot)
        if beside is None or alone is None or other is None or not beside.is_floating_point():
            return 0.0
        if beside.dim() == 0 or beside.dim() != alone.dim() or other.shape != beside.shape:
            return 0.0
        with quietly():
            own = changed(beside, other)
            differing = [n for n, size in enumerate(beside.shape) if size != alone.shape[n]]
            if len(differing) > 1:
                return 0.0
            for axis in differing:
                if alone.shape[axis] != self.length:
                    return 0.0
                beside, own = (t.narrow(axis, 0, self.length) for t in (beside, own))
            finite = own & beside.isfinite() & alone.isfinite()
            if not bool(finite.any()):
                return 0.0
            moved = float((beside - alone)[finite].abs().max())
            scale = float(beside[finite].abs().max())
        return moved if moved > TOLERANCE * max(scale, 1e-3) else 0.0

    def reading(self, prediction: int, padding: Padding, moved: float) -> Iterator[PaddingRead]:
        """The first call on the way to the prediction that moved."""
        tape = self.laboratory.tape
        wanted = tape.ancestors(prediction) & (tape.learnt - tape.parameters)
        for call in tape.calls:
            read = [slot for slot in call.results if slot in wanted]
            if call.name in RECURRENT_KERNELS:
                read = [slot for slot in read if slot == call.results[0]]
            if any(self.movement(slot) > 0 for slot in read):
                yield PaddingRead(
                    call.name,
                    self.length,
                    (self.length, padding.longest),
                    moved,
                    call.location,
                    call.name in RECURRENT_KERNELS,
                )
                return
