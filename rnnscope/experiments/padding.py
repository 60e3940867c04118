"""Sequences of different lengths, filled up to one: told by padding, or seen in the data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.replay import Run, Value, quietly
from rnnscope.experiments.roles import Root, padding_values
from rnnscope.findings import Location
from rnnscope.recording.tape import Call, Slot, Tape

_FEWEST = 3  # samples: the lengths of two may differ by chance
_LONGEST_BY_CHANCE = 2  # a value that stands once at the end of some rows may be one like others
_LARGEST = 1 << 22  # elements that are looked at


@dataclass(frozen=True, slots=True)
class Padding:
    """Sequences of different lengths, filled up along ``time`` to ``longest`` steps.

    ``first`` tells that the padding comes before the steps.
    """

    lengths: tuple[int, ...]
    time: int
    longest: int
    first: bool = False


@dataclass(frozen=True, slots=True)
class Ragged:
    """A slot that holds padded sequences; ``told`` where more than its values says so, exactly."""

    slot: int
    samples: int
    padding: Padding
    told: bool
    location: Location | None = None

    def places(self, value: Value) -> torch.Tensor:
        """Which elements of (samples, steps) are padding, from its own side."""
        steps = torch.arange(self.padding.longest, device=value.device)
        steps = steps.flip(0) if self.padding.first else steps
        return steps >= torch.tensor(self.padding.lengths, device=value.device)[:, None]

    def at(self, value: Value, before_end: int) -> torch.Tensor:
        """Which element of each sample is its last one, or one so many steps before it."""
        steps = torch.arange(self.padding.longest, device=value.device)
        lengths = torch.tensor(self.padding.lengths, device=value.device)[:, None]
        ends = torch.full_like(lengths, self.padding.longest) if self.padding.first else lengths
        return steps == ends - 1 - before_end


def visible_padding(
    value: torch.Tensor, samples: int, fillers: frozenset[int] = frozenset((0,))
) -> Padding | None:
    """Ends of one constant, 0 mostly, of different lengths; None where there is no such thing."""
    if samples > 1 or value.dim() < 2 or value.numel() > _LARGEST or value.dtype is torch.bool:
        return None
    time = 1 - samples
    rows = value.detach().movedim(samples, 0)
    if rows.is_floating_point():
        real = (rows != 0).flatten(2).any(2) if rows.dim() > 2 else rows != 0
    elif rows.dim() == 2 and not rows.is_complex():
        real = ~torch.isin(rows, torch.tensor(sorted(fillers), device=rows.device))
    else:
        return None
    if not bool(real.any(1).all()) or bool(real.all()):
        return None
    first = not bool(real[:, 0].all())
    lengths = _filled(real.flip(1) if first else real)
    if lengths is None:
        return None  # zeros among the steps are no padding
    steps = real.shape[1]
    if (
        len(lengths) < _FEWEST
        or len(set(lengths)) == 1
        or steps - min(lengths) < _LONGEST_BY_CHANCE
    ):
        return None
    return Padding(lengths, time, steps, first)


def _filled(real: torch.Tensor) -> tuple[int, ...] | None:
    """How many steps each row has, where they are its first ones."""
    lengths = real.sum(1)
    inside = torch.arange(real.shape[1], device=real.device) < lengths[:, None]
    return tuple(int(n) for n in lengths.tolist()) if torch.equal(real, inside) else None


def ragged(laboratory: Laboratory) -> list[Ragged]:
    """Padded sequences of a tape, where they are first; what is made of them is not told again."""
    tape = laboratory.tape
    found: list[Ragged] = []
    with quietly():
        for slot, call in _in_order(tape):
            known = _told(tape, call) if call is not None else None
            if known is None and slot not in tape.learnt and not is_written(tape, slot):
                known = _seen(laboratory, slot, call)
            if known is not None and not _is_known(tape, known, found):
                found.append(known)
    return found


def _in_order(tape: Tape) -> Iterator[tuple[int, Call | None]]:
    """Every slot, with the call that made it."""
    yield from ((slot, None) for slot in sorted(tape.sources | tape.batches))
    yield from ((call.results[0], call) for call in tape.calls if call.results)


def _told(tape: Tape, call: Call) -> Ragged | None:
    """What pad_sequence and pad_packed_sequence are told of lengths."""
    if call.name == "pad_sequence":
        given = call.args[0] if call.args else ()
        if not isinstance(given, (list, tuple)) or not all(isinstance(s, Slot) for s in given):
            return None
        lengths = [tape.shape(slot.number)[0] for slot in given]
        samples = 0 if call.kwargs.get("batch_first", True in call.args[1:2]) else 1
        first = call.kwargs.get("padding_side", "left" if "left" in call.args else "right")
        return _of_lengths(tape, call, lengths, samples, first == "left")
    if call.name == "_pad_packed_sequence":
        sizes = tape.values[call.results[1]]
        lengths = [int(n) for n in sizes.tolist()] if sizes is not None else []
        return _of_lengths(tape, call, lengths, 0 if batch_first(call) else 1, False)
    return None


def _of_lengths(
    tape: Tape, call: Call, lengths: list[int], samples: int, first: bool
) -> Ragged | None:
    slot, shape = call.results[0], tape.shape(call.results[0])
    if len(shape) < 2 or shape[samples] != len(lengths) or len(set(lengths)) < 2:
        return None
    padding = Padding(tuple(lengths), 1 - samples, shape[1 - samples], first)
    return Ragged(slot, samples, padding, True, call.location)


def _seen(laboratory: Laboratory, slot: int, call: Call | None) -> Ragged | None:
    """Padding that the values of a slot show."""
    value = laboratory.value(slot)
    if value is None or value.dim() < 2 or value.layout is not torch.strided or _is_mask(value):
        return None
    fillers = padding_values(laboratory.tape, Root(slot))
    either = {samples: visible_padding(value, samples, fillers) for samples in (0, 1)}
    seen = {samples: padding for samples, padding in either.items() if padding is not None}
    # Sorted sequences fill a triangle, which looks alike from both sides.
    samples = _axis_of_samples(laboratory.tape, slot) if len(seen) > 1 else next(iter(seen), None)
    if samples is None:
        return None
    place = call.location if call is not None else None
    return Ragged(slot, samples, seen[samples], False, place)


def _axis_of_samples(tape: Tape, slot: int) -> int | None:
    """Where the samples are for the first layer that is given as many rows and steps."""
    sizes = tape.shape(slot)[:2]
    for call in tape.reading(frozenset((slot,))):
        first = None
        if call.name == "_pack_padded_sequence":
            first = batch_first(call)
        elif call.layer is not None and "cell" not in call.name:
            first = call.layer.batch_first
        given = tape.shape(call.inputs[0])[:2] if first is not None else ()
        if given in (sizes, sizes[::-1]):
            return int(first != (given == sizes))
    return None


def batch_first(call: Call) -> bool:
    """What packing, or padding again, is told: the third argument of either."""
    return bool(call.kwargs.get("batch_first", call.args[2] if len(call.args) > 2 else False))


def _is_mask(value: Value) -> bool:
    return value.numel() <= _LARGEST and bool(((value == 0) | (value == 1)).all())


def is_written(tape: Tape, slot: int) -> bool:
    """True for memory that a call is about to change: it is not finished."""
    users = tape.users.get(slot, ())
    return any(call.changed is not None and call.inputs[0] == slot for call in users)


def _is_known(tape: Tape, new: Ragged, found: list[Ragged]) -> bool:
    """True for what was moved, embedded or sorted: its sequences are those of an ancestor."""
    made_of = tape.ancestors(new.slot)
    return any(
        old.slot in made_of
        and old.padding.first == new.padding.first
        and sorted(old.padding.lengths) == sorted(new.padding.lengths)
        for old in found
    )


def with_other_padding(laboratory: Laboratory, found: Ragged) -> Run | None:
    """A run in which the padding holds other values, while masks and lengths stay as they are."""
    value = laboratory.value(found.slot)
    if value is None:
        return None
    with quietly():
        filled = _replaced(value, found, found.places(value))
    changes = {found.slot: filled} | _told_of(laboratory, found)
    return laboratory.run(("padding", found.slot), changes)


def with_other_step(laboratory: Laboratory, found: Ragged, before_end: int) -> Run | None:
    """A run in which the last step of each sequence, or one before it, holds other values."""
    value = laboratory.value(found.slot)
    if value is None:
        return None
    with quietly():
        changed = _replaced(value, found, found.at(value, before_end))
    return laboratory.run(("step from the end", found.slot, before_end), {found.slot: changed})


def _replaced(value: Value, found: Ragged, where: torch.Tensor) -> Value:
    """Other values at these places of (samples, steps), of the kind that the data holds."""
    where = where if found.samples == 0 else where.t()
    after = value.detach().clone()
    if value.is_floating_point():
        finite = value.nan_to_num(0.0, 0.0, 0.0)
        after[where] = finite[where] + finite.abs().mean() + 0.5
        return after
    inside = ~(found.places(value) if found.samples == 0 else found.places(value).t())
    known = torch.unique(value[inside])
    place = torch.searchsorted(known, value[where].clamp(max=int(known[-1])))
    after[where] = known[(place + 1) % len(known)]
    return after


def _told_of(laboratory: Laboratory, found: Ragged) -> dict[int, Value]:
    """Masks and counts that were made of a slot: no data, and held as they are."""
    tape = laboratory.tape
    dimensions = len(tape.shape(found.slot))
    reached = tape.descendants(frozenset((found.slot,))) - tape.learnt - {found.slot}
    values = {slot: laboratory.value(slot) for slot in sorted(reached)}
    return {
        slot: value
        for slot, value in values.items()
        if value is not None and (_is_count(value, dimensions) or _is_mask(value))
    }


def _is_count(value: Value, dimensions: int) -> bool:
    return not value.is_floating_point() and value.dim() < dimensions
