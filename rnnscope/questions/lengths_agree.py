"""Do the lengths that a call is given agree with the rows of the data they are given with?

Lengths come as such, as indices of last steps, as masks, or as Python's own numbers. Those of other
rows are the right numbers in another order; whatever else is said is proved by a change of the
padding, or of the steps that are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.padding import Ragged, batch_first, with_other_padding, with_other_step
from rnnscope.experiments.replay import Run, quietly
from rnnscope.experiments.roles import Root, padding_values
from rnnscope.experiments.samples import Separation, separation
from rnnscope.findings import Location
from rnnscope.questions.lengths_given import Given, counted_at, lengths_given
from rnnscope.recording.tape import Call
from rnnscope.subjects.facts import IndexIsLength, LengthsDiffer, PaddingFirst

_DISTINCT = 3  # lengths: fewer may be found in another order by chance

Disagreement = LengthsDiffer | IndexIsLength | PaddingFirst


def lengths_agree(
    laboratory: Laboratory, found: Sequence[Ragged]
) -> Iterator[tuple[Call, Disagreement]]:
    """Lengths that are not those of the sequences, one fact for each call that is given them."""
    told: set[int] = set()
    for known in found:
        hearing = _Hearing(laboratory, known, found)
        for given in lengths_given(laboratory, known):
            if given.call.number in told:
                continue
            for fact in hearing.of(given):
                told.add(given.call.number)
                yield given.call, fact


@dataclass(slots=True)
class _Hearing:
    """Some padded sequences, and what is asked of the lengths that are given with them."""

    laboratory: Laboratory
    known: Ragged
    all: Sequence[Ragged]
    _tried: Separation | None = None

    def of(self, given: Given) -> Iterator[Disagreement]:
        """The first disagreement."""
        real = self.known.padding.lengths
        if self.known.padding.first:
            if self._starts_in_padding(given):
                place, steps = given.call.location, self.known.padding.longest
                yield PaddingFirst(place, given.how, real, steps, self.known.location)
        elif self._is_one_beyond(given):
            yield IndexIsLength(
                given.made_at, given.call.location, tuple(sorted(real)), given.steps
            )
        elif kind := self._kind(given):
            yield LengthsDiffer(
                kind,
                given.how,
                tuple(given.lengths),
                real,
                self._place(kind, given),
                self.known.location,
            )

    def _place(self, kind: str, given: Given) -> Location | None:
        """Where the lengths were counted, if that is what is wrong, or else given."""
        return given.made_at if kind == "features" else given.call.location

    def _kind(self, given: Given) -> str | None:
        """How the lengths differ from those of the sequences; None where they do not."""
        real = self.known.padding.lengths
        if given.lengths == real and given.data == self.known.slot:
            return None
        if sorted(given.lengths) == sorted(real):
            return "order" if len(set(real)) >= _DISTINCT and self._in_other_order(given) else None
        if given.how == "mask" or given.how == "number":
            return None
        shorter = [n - 1 for n in real]
        if sorted(given.lengths) == sorted(shorter):
            return "short" if self._are_dropped(given, shorter) else None
        if given.how == "packed" and self._counts_features(given):
            return "features"
        if given.how != "packed" or not self.known.told or given.steps != max(real):
            return None
        pairs = list(zip(sorted(given.lengths), sorted(real), strict=True))
        if all(n >= m for n, m in pairs):
            return "longer" if self._reads_padding(given) else None
        return "counted" if self._is_counted(given) and not is_cut(pairs) else None

    def _is_counted(self, given: Given) -> bool:
        """True for lengths that come out of the very sequences."""
        tape = self.laboratory.tape
        return given.slot is not None and self.known.slot in tape.ancestors(given.slot)

    def _counts_features(self, given: Given) -> bool:
        """True for lengths that are as many as features, and one less without a feature."""
        tape, many = self.laboratory.tape, given.lengths[0]
        if given.slot is None or set(given.lengths) != {many} or many >= given.steps:
            return False
        sizes = (*tape.shape(self.known.slot)[:2], many)
        slots = (s for s in tape.ancestors(given.slot) if tape.shape(s) == sizes)
        slot, time = max(slots, default=None), 1 - self.known.samples
        if slot is None:
            return False
        runs = [self._without(slot, axis) for axis in (2, time)]
        moved = [run is not None and self.laboratory.moves(run, given.slot) for run in runs]
        return moved == [True, False]

    def _without(self, slot: int, axis: int) -> Run | None:
        """A run in which the first step, or the first feature, is zero."""
        value = self.laboratory.value(slot)
        if value is None:
            return None
        with quietly():
            other = value.detach().clone()
            other.select(axis, 0).zero_()
        return self.laboratory.run(("zero", slot, axis), {slot: other})

    def _starts_in_padding(self, given: Given) -> bool:
        """Padding that comes first is taken for the first steps."""
        counted = given.how in ("packed", "index")
        same = sorted(given.lengths) == sorted(self.known.padding.lengths)
        return counted and same and self._reads_padding(given)

    def _is_one_beyond(self, given: Given) -> bool:
        """Each sequence is read at its length, or at the last step of all."""
        beyond = sorted(min(n + 1, given.steps) for n in self.known.padding.lengths)
        if given.how != "index" or sorted(given.lengths) != beyond:
            return False
        return beyond != sorted(self.known.padding.lengths) and self._reads_padding(given)

    def _reads_padding(self, given: Given) -> bool:
        """True when other values in the padding move what the call gives."""
        run = with_other_padding(self.laboratory, self.known)
        moved = [self.laboratory.moved(run, slot) for slot in given.results] if run else []
        return any(mask is not None and bool(mask.any()) for mask in moved)

    def _in_other_order(self, given: Given) -> bool:
        """True when a sample, wherever it is by now, is given another one's length."""
        real, pairs = self.known.padding.lengths, self._pairs(given)
        return any(given.lengths[r] != real[n] for n, r in pairs) and not self._others(given)

    def _others(self, given: Given) -> bool:
        """True where the data is made of other sequences, too, that have the same lengths."""
        made_of = self.laboratory.tape.ancestors(given.data)
        return any(self._is_beside(other) for other in self.all if other.slot in made_of)

    def _is_beside(self, other: Ragged) -> bool:
        tape, here = self.laboratory.tape, self.known
        if other.padding.lengths == here.padding.lengths or other.slot in tape.ancestors(here.slot):
            return False
        return here.slot not in tape.ancestors(other.slot)

    def _are_dropped(self, given: Given, shorter: list[int]) -> bool:
        """Each last step is dropped, is no end mark, and nothing else reads it, as a target say."""
        pairs = self._pairs(given)
        loss = self.laboratory.tape.loss
        if loss is None or not pairs or any(given.lengths[r] != shorter[n] for n, r in pairs):
            return False
        return not self._end_alike() and self._unread(loss, 0) and not self._unread(loss, 1)

    def _unread(self, loss: int, before_end: int) -> bool:
        run = with_other_step(self.laboratory, self.known, before_end)
        mask = self.laboratory.moved(run, loss) if run is not None else None
        return mask is not None and not bool(mask.any())

    def _end_alike(self) -> bool:
        """True where all sequences end with the same: nothing is lost with an end mark."""
        tape = self.laboratory.tape
        reached = tape.descendants(frozenset((self.known.slot,))) - tape.learnt
        alike = (s for s in reached if tape.shape(s) == tape.shape(self.known.slot))
        return any(self._has_one_end(slot) for slot in alike)

    def _has_one_end(self, slot: int) -> bool:
        value = self.laboratory.value(slot)
        if value is None or value.dtype is torch.bool:
            return False
        with quietly():
            last = value.movedim(self.known.samples, 0)[self.known.at(value, 0)]
            return bool((last == last[0]).all())

    def _pairs(self, given: Given) -> list[tuple[int, int]]:
        """Samples that were changed, each with its row of the data that the lengths are given with.

        Empty where the samples have no rows of their own, or the lengths are along another axis.
        """
        if self._tried is None:
            root = Root(self.known.slot)
            self._tried = separation(self.laboratory, root, self.known.samples)
        rows = self._tried.rows(given.data) if self._tried is not None else None
        if self._tried is None or rows is None or rows[0] not in given.axes:
            return []
        if any(len(indices) != 1 for indices in rows[1]):
            return []
        return [(n, next(iter(r))) for n, r in zip(self._tried.chosen, rows[1], strict=True)]


def lengths_counted(laboratory: Laboratory) -> Iterator[tuple[Call, LengthsDiffer]]:
    """Packing that is told how many numbers are no padding, where padding stands among them, too.

    The last ones of such a sequence are left out, whatever they are.
    """
    tape = laboratory.tape
    for call in tape.calls:
        slot = call.inputs[1] if call.name == "_pack_padded_sequence" else None
        value = tape.values[slot] if slot is not None else None
        if slot is None or value is None:
            continue
        for table in sorted(tape.ancestors(slot) & tape.ancestors(call.inputs[0])):
            steps = _cut_short(laboratory, table, 1 - batch_first(call), value)
            if steps is not None:
                given, place = tuple(value.tolist()), counted_at(tape, slot, call)
                yield call, LengthsDiffer("counted", "packed", given, steps, place, None)
                return


def _cut_short(
    laboratory: Laboratory, table: int, samples: int, given: torch.Tensor
) -> tuple[int, ...] | None:
    """How many steps the sequences of a table have, where only those that are not 0 count."""
    value = laboratory.value(table)
    if value is None or value.dim() != 2 or value.dtype is not torch.int64:
        return None
    with quietly():
        rows = value.movedim(samples, 0)
        padding = torch.tensor(sorted(padding_values(laboratory.tape, Root(table))))
        real = ~torch.isin(rows, padding.to(rows.device))
        counted = real.sum(1).clamp(min=1)
        if sorted(counted.tolist()) != sorted(given.tolist()):
            return None
        steps = torch.arange(1, real.shape[1] + 1, device=real.device)
        last = (real * steps).amax(1).clamp(min=1)
        inside = (~real & (real.cumsum(1) > 0) & (steps < last[:, None])).any()
        return tuple(last.tolist()) if bool(inside) else None


def is_cut(pairs: list[tuple[int, int]]) -> bool:
    """True for (given, real) where only a cap, or the same number of steps, is left out.

    >>> is_cut([(3, 3), (4, 5), (4, 9)]), is_cut([(2, 3), (4, 5)]), is_cut([(2, 3), (5, 5)])
    (True, True, False)
    """
    cap = max(given for given, _ in pairs)
    fewer = {real - given for given, real in pairs}
    return len(fewer) == 1 or all(given == min(real, cap) for given, real in pairs)
