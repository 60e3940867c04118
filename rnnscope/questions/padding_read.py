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
from rnnscope.experiments.padding import Padding, Ragged, batch_first, is_written
from rnnscope.experiments.replay import Run, Value, quietly
from rnnscope.experiments.roles import Root, data_of
from rnnscope.experiments.samples import changes, changes_of_others, separation
from rnnscope.questions.lengths_given import lengths_given
from rnnscope.questions.orders import order_of
from rnnscope.recording.nest import map_nest
from rnnscope.recording.tape import RECURRENT_KERNELS, Call
from rnnscope.subjects.experiment_results import PaddingRead

TOLERANCE = 1e-4  # other lengths make other matrix products, which round differently


def padding_read(laboratory: Laboratory, prediction: int, known: Ragged) -> Iterator[PaddingRead]:
    """The first call after which a short sample is another one for being padded."""
    padding, shape = known.padding, laboratory.tape.shape(known.slot)
    # One step alone would be broadcast where a mask of all steps meets it.
    length = min((n for n in padding.lengths if n > 1), default=padding.longest)
    if padding.first or length == padding.longest or shape.count(padding.longest) != 1:
        return
    short = padding.lengths.index(length)
    root, calm = Root(known.slot), laboratory
    if draws(laboratory.tape):
        calm = Laboratory(laboratory.tape, laboratory.budget, without_dropout)
    own = changes(calm, root, known.samples, short)
    other = calm.run(("sample", known.slot, known.samples, short), own)
    alone = _alone(calm, known, length) if other is not None else None
    if other is None or alone is None:
        return
    pair = _Pair(calm, other, alone, short, padding)
    if not calm.moves(other, prediction):
        pair.unpadded = _alone(calm, known, length, own[known.slot])
    if not pair.movement(prediction):
        return
    if not known.told and _is_contradicted(laboratory, known):
        return
    pair.rest = calm.run(
        ("others", known.slot, short), changes_of_others(calm, root, known.samples, short)
    )
    tried = separation(laboratory, root, known.samples)
    moved = pair.movement(prediction) if pair.rest is not None else 0.0
    # Rows that were sorted and not put back are another mistake.
    if moved and tried is not None and order_of(tried, prediction) in (None, tried.chosen):
        yield from pair.reading(prediction, moved)


def _is_contradicted(laboratory: Laboratory, known: Ragged) -> bool:
    """True where the program says that its sequences are longer: they truly end in zeros."""
    seen = sorted(known.padding.lengths)
    every = lengths_given(laboratory, known)
    said = (sorted(given.lengths) for given in every if given.how != "number")
    steps = laboratory.tape.shape(known.slot)[known.padding.time]
    return any(
        n != seen and n[-1] <= steps and all(a >= b for a, b in zip(n, seen, strict=True))
        for n in said
    )


def answers(laboratory: Laboratory, known: Ragged) -> Iterator[int]:
    """What a step without targets says of each sample, before samples are compared or summed."""
    loss, tape = laboratory.tape.loss, laboratory.tape
    if loss is None or known.slot not in data_of(tape, loss):
        return
    tried = separation(laboratory, Root(known.slot), known.samples)
    if tried is None:
        return
    for call in tape.leading_to(loss):
        if any(tried.reaches(slot) and tried.rows(slot) is None for slot in call.results):
            yield from (s for s in call.inputs if s in tape.learnt and tried.reaches(s))
            return


def _alone(
    laboratory: Laboratory, known: Ragged, length: int, value: Value | None = None
) -> Run | None:
    """A run on sequences cut to this length: they alone or, where that fails, all of as many steps.

    Other data may be as long by chance. The sequences may be those of another ``value``.
    """
    for others in (False, True):
        changes = _shortened(laboratory, known, length, others)
        if value is not None:
            changes[known.slot] = value.narrow(known.padding.time, 0, length)
        cut = frozenset(changes if others else (known.slot,))
        reached = laboratory.tape.descendants(cut)
        shorter = _Shorter(laboratory, known.padding, length, reached)
        key = "less padding", known.slot, length, others, value is not None
        run = laboratory.run(key, changes, shorter)
        if run is not None:
            return run
    return None


def _shortened(
    laboratory: Laboratory, known: Ragged, length: int, others: bool
) -> dict[int, Value]:
    """What to cut to ``length``: padded sequences, their lengths, and ``others`` as long as they.

    What is filled in place is cut as it is in the end, and the order of sorted samples stays.
    """
    tape, padding = laboratory.tape, known.padding
    reached = tape.descendants(frozenset((known.slot,)))
    filled = {call.changed for call in tape.calls if call.changed is not None}
    padded = {call.results[0] for call in tape.calls if call.name == "pad_sequence"}
    found = tape.begun | tape.batches | frozenset(filled) | padded
    cut = _orders(laboratory, len(padding.lengths))
    for slot in sorted((found - tape.learnt - reached) | {known.slot}):
        value = laboratory.value(slot)
        if value is None or slot in tape.parameters or value.dim() == 0:
            continue
        axes = [axis for axis, size in enumerate(value.shape) if size == padding.longest]
        narrow = len(axes) == 1 and (others or slot == known.slot) and not is_written(tape, slot)
        with quietly():
            if narrow:
                cut[slot] = value.detach().narrow(axes[0], 0, length)
            elif tuple(value.flatten().tolist() if value.dim() == 1 else ()) == padding.lengths:
                cut[slot] = value.detach().clamp(max=length)
            elif slot in filled and others:
                cut[slot] = value.detach()
    return cut


def _orders(laboratory: Laboratory, count: int) -> dict[int, Value]:
    """Row numbers, each once: sequences that become equally long would be sorted otherwise."""
    tape = laboratory.tape
    slots = (slot for call in tape.calls for slot in call.results if slot not in tape.learnt)
    values = {slot: laboratory.value(slot) for slot in slots if tape.shape(slot) == (count,)}
    rows = list(range(count))
    return {s: v for s, v in values.items() if v is not None and sorted(v.tolist()) == rows}


@dataclass(frozen=True, slots=True)
class _Shorter:
    """Adapts calls to the shorter sequences: sizes that were written as numbers, and lengths."""

    laboratory: Laboratory
    padding: Padding
    length: int
    reached: frozenset[int]

    def __call__(self, call: Call, args: Any, kwargs: Any) -> tuple[Any, Any]:
        if self.laboratory.adapt is not None:
            args, kwargs = self.laboratory.adapt(call, args, kwargs)
        if self.reached.isdisjoint(call.inputs):
            return args, kwargs
        if call.name == "_pack_padded_sequence":
            steps = args[0].shape[1 if batch_first(call) else 0]
            return (args[0], args[1].clamp(max=steps), *args[2:]), kwargs
        if call.name in RECURRENT_KERNELS or not call.inputs:
            return args, kwargs
        return map_nest(args, self._size), map_nest(kwargs, self._size)

    def _size(self, value: Any) -> Any:
        if type(value) is not int:
            return value
        if value == self.padding.longest:
            return self.length
        count = len(self.padding.lengths)
        return count * self.length if value == count * self.padding.longest else value


@dataclass(slots=True)
class _Pair:
    """Runs with one sample changed, which tells its elements, and with one unpadded.

    A ``rest`` with all others changed tells which of them are not its own. Where its padding hides
    it, ``unpadded`` tells: it is changed, and has no padding.
    """

    laboratory: Laboratory
    other: Run
    alone: Run
    sample: int
    padding: Padding
    rest: Run | None = None
    unpadded: Run | None = None

    @property
    def length(self) -> int:
        """How many steps the sample has."""
        return self.padding.lengths[self.sample]

    def movement(self, slot: int) -> float:
        """How far the sample's own elements that are no padding moved; 0.0 for rounding."""
        found = self._compared(slot)
        if found is None:
            return 0.0
        with quietly():
            beside, own, alone = found
            finite = own & beside.isfinite() & alone.isfinite()
            if not bool(finite.any()):
                return 0.0
            moved = float((beside - alone)[finite].abs().max())
            scale = float(beside[finite].abs().max())
        return moved if moved > TOLERANCE * max(scale, 1e-3) else 0.0

    def _is_elsewhere(self, slot: int) -> bool:
        """True where none of the sample's elements is where it is without padding."""
        found = self._compared(slot)
        return found is not None and not bool(found[1].any())

    def _compared(self, slot: int) -> tuple[Value, Value, Value] | None:
        """A slot beside and alone, and which elements are the sample's; None if there are none."""
        beside, alone = self.laboratory.value(slot), self.alone.value(slot)
        if beside is None or alone is None or not beside.is_floating_point():
            return None
        if beside.dim() == 0 or beside.dim() != alone.dim():
            return None
        with quietly():
            # What others move as well, as sentences of one text do, is not this sample's.
            own = self.laboratory.moved(self.other, slot)
            hidden = self.unpadded.value(slot) if self.unpadded is not None else None
            if hidden is not None and hidden.shape == alone.shape == beside.shape:
                own = changed(alone, hidden)
            if self.rest is not None and own is not None:
                theirs = self.laboratory.moved(self.rest, slot)
                own = own & ~theirs if theirs is not None else None
            if own is None or not bool(own.any()):
                return None
            return self._own(beside, own, alone)

    def _own(self, beside: Value, own: Value, alone: Value) -> tuple[Value, Value, Value] | None:
        """Both runs over the steps that both have, and which elements are the sample's."""
        differing = [n for n, size in enumerate(beside.shape) if size != alone.shape[n]]
        if not differing:
            return beside, own, alone
        axis, count = differing[0], len(self.padding.lengths)
        if len(differing) > 1:
            return None
        if alone.shape[axis] == self.length:
            beside, own = (t.narrow(axis, 0, self.length) for t in (beside, own))
            return beside, own, alone
        if beside.shape[axis] != count * self.padding.longest:
            return None
        for rows in (True, False):  # (N, L) or (L, N), folded into one axis
            unfolded = self._unfolded(own, axis, rows)
            samples = unfolded.movedim(axis if rows else axis + 1, 0).flatten(1).any(1)
            if samples.nonzero().flatten().tolist() == [self.sample]:
                before, after = (self._unfolded(t, axis, rows) for t in (beside, alone))
                return self._own(before, unfolded, after)
        return None

    def _unfolded(self, value: Value, axis: int, rows: bool) -> Value:
        count = len(self.padding.lengths)
        sizes = (count, -1) if rows else (-1, count)
        return value.reshape(*value.shape[:axis], *sizes, *value.shape[axis + 1 :])

    def reading(self, prediction: int, moved: float) -> Iterator[PaddingRead]:
        """The first call on the way to the prediction that moved."""
        tape = self.laboratory.tape
        wanted = tape.ancestors(prediction) & (tape.learnt - tape.parameters)
        for call in tape.calls:
            read = [slot for slot in call.results if slot in wanted]
            if any(self.movement(slot) > 0 or self._is_elsewhere(slot) for slot in read):
                yield PaddingRead(
                    call.name,
                    self.length,
                    (self.length, self.padding.longest),
                    moved,
                    call.location,
                    call.name in RECURRENT_KERNELS,
                )
                return
