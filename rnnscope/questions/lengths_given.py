"""Which calls are given lengths, in whatever form, and for the rows of what?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.meeting import is_constant
from rnnscope.experiments.padding import Ragged, batch_first
from rnnscope.experiments.replay import Value, quietly
from rnnscope.findings import Location
from rnnscope.recording.tape import Call, Slot, Tape

_INDEXING = frozenset(("__getitem__", "gather", "take_along_dim", "index_select"))
_LARGEST = 1 << 20  # elements: lengths, indices and masks are small


@dataclass(frozen=True, slots=True)
class Given:
    """Lengths, one for each row of ``data``, which are along one of its ``axes``.

    ``how`` is "packed", "index", "mask" or "number"; an index n stands for a length of n + 1.
    ``steps`` is how many there are of the data, ``slot`` what holds the lengths, if one does.
    """

    call: Call
    data: int
    axes: tuple[int, ...]
    lengths: tuple[int, ...]
    how: str
    steps: int
    results: tuple[int, ...]
    made_at: Location | None
    slot: int | None = None


def lengths_given(laboratory: Laboratory, known: Ragged) -> Iterator[Given]:
    """Every number of steps that a call is given for each of as many rows as there are samples."""
    tape, count = laboratory.tape, len(known.padding.lengths)
    reached = tape.descendants(frozenset((known.slot,)))
    for call in tape.calls:
        data = [s for s in call.inputs if s in reached and _is_data(tape, s, count)]
        for slot in call.inputs if data else ():
            if slot == data[0] or count not in tape.shape(slot):
                continue
            # What weights have made is no length, unless it was counted in what they made.
            if slot in tape.learnt and call.name != "_pack_padded_sequence":
                continue
            with quietly():
                yield from _of(laboratory, call, data[0], slot, count)
    yield from _by_python(tape, reached, count)


def _is_data(tape: Tape, slot: int, count: int) -> bool:
    value = tape.values[slot]
    return value is not None and value.is_floating_point() and count in value.shape


def _of(laboratory: Laboratory, call: Call, data: int, slot: int, count: int) -> Iterator[Given]:
    value, tape = laboratory.value(slot), laboratory.tape
    if value is None or value.numel() > _LARGEST:
        return
    for axis, how, lengths in readings(value, count):
        form = _form(call, slot, how)
        if form is None or (form != "packed" and is_constant(tape, slot)):
            continue
        steps = _steps(tape, call, data, form)
        said = tuple(n + 1 for n in lengths) if form == "index" else lengths
        axes = _axes(tape, call, data, slot, axis, form)
        yield Given(
            call, data, axes, said, form, steps, call.results, counted_at(tape, slot, call), slot
        )


def counted_at(tape: Tape, slot: int, call: Call) -> Location | None:
    """The line where lengths became what they are: ``.cpu()`` and packing change none of them."""
    made = tape.producer.get(slot)
    while made is not None and len(made.inputs) == 1 and made.inputs[0] in tape.producer:
        before, after = tape.values[made.inputs[0]], tape.values[slot]
        same = before is not None and after is not None and torch.equal(before, after)
        if made.place != call.place and not same:
            break
        slot = made.inputs[0]
        made = tape.producer[slot]
    return made.location if made is not None else call.location


def readings(value: Value, count: int) -> Iterator[tuple[int, str, tuple[int, ...]]]:
    """(axis, "mask" or "number", numbers) for each axis of ``count`` rows that has one for each."""
    if value.is_complex() or (value.is_floating_point() and bool((value % 1 != 0).any())):
        return
    for axis in (n for n, size in enumerate(value.shape) if size == count):
        rows = value.movedim(axis, 0).reshape(count, -1)
        if rows.shape[1] > 1 and bool(((rows == 0) | (rows == 1)).all()):
            lengths = _first_ones(rows.bool())
            if lengths is not None:
                yield axis, "mask", lengths
        elif value.dtype is not torch.bool and bool((rows == rows[:, :1]).all()):
            yield axis, "number", tuple(int(n) for n in rows[:, 0].tolist())


def _first_ones(rows: torch.Tensor) -> tuple[int, ...] | None:
    """How many steps come before the first change, in a mask of steps or of padding."""
    steps = torch.arange(rows.shape[1], device=rows.device)
    for mask in (rows, ~rows):
        lengths = mask.sum(1)
        if bool(mask[:, 0].all()) and torch.equal(mask, steps < lengths[:, None]):
            return tuple(int(n) for n in lengths.tolist())
    return None


def _form(call: Call, slot: int, how: str) -> str | None:
    """What lengths are to a call; None for row numbers and other indices of no steps."""
    if call.name == "_pack_padded_sequence":
        return "packed"
    if call.name not in _INDEXING or how == "mask":
        return how
    return "index" if _indexed_axis(call, slot) is not None else None


def _indexed_axis(call: Call, slot: int) -> int | None:
    """The axis that an index is for, in a call of ``_INDEXING``."""
    if call.name == "__getitem__":
        index = call.args[1] if isinstance(call.args[1], tuple) else (call.args[1],)
        places = [n for n, item in enumerate(index) if isinstance(item, Slot)]
        return next((n for n in places if index[n].number == slot), None)
    axis = call.kwargs.get("dim", call.args[1] if len(call.args) > 1 else None)
    return axis if type(axis) is int else None


def _axes(tape: Tape, call: Call, data: int, slot: int, axis: int, form: str) -> tuple[int, ...]:
    """The axes of the data that the rows of lengths can be along."""
    dimensions, own = len(tape.shape(data)), len(tape.shape(slot))
    if form == "packed":
        return (0 if batch_first(call) else 1,)
    if form == "index":
        indexed = _indexed_axis(call, slot)
        return tuple(n for n in range(dimensions) if n != (indexed or 0) % dimensions)
    if call.name == "__getitem__" or own == dimensions:
        return (axis,)
    beside = axis + dimensions - own  # as shapes are broadcast
    fits = tape.shape(data)[-1] in (1, tape.shape(slot)[-1])
    return (beside,) if fits or own > 1 else tuple(range(dimensions))


def _steps(tape: Tape, call: Call, data: int, form: str) -> int:
    """How many steps the data has, where the call says on which axis they are."""
    shape = tape.shape(data)
    if form == "packed":
        return shape[1 if batch_first(call) else 0]
    if form != "index":
        return 0
    axes = [_indexed_axis(call, slot) for slot in call.inputs if slot != data]
    found = [axis for axis in axes if axis is not None]
    return shape[found[-1] % len(shape)] if found else 0


def _by_python(tape: Tape, reached: frozenset[int], count: int) -> Iterator[Given]:
    """``x[row, n]`` and ``x[row, :n]`` for row after row of the same tensor, at one line."""
    lines: dict[object, list[tuple[int, int, int, str, Call]]] = {}
    for call in tape.calls:
        if call.name != "__getitem__" or reached.isdisjoint(call.inputs):
            continue
        data = call.args[0]
        for axis, row, length, how in _one_row(call.args[1]):
            if isinstance(data, Slot) and data.number in reached:
                key = (data.number, call.location, axis, how)
                lines.setdefault(key, []).append((axis, row, length, how, call))
    for found in lines.values():
        axis, _, _, how, call = found[0]
        if [row for _, row, _, _, _ in found] != list(range(count)):
            continue
        lengths = tuple(length for _, _, length, _, _ in found)
        data = call.args[0].number
        results = tuple(slot for *_, each in found for slot in each.results)
        steps = tape.shape(data)[1 - axis]
        yield Given(call, data, (axis,), lengths, how, steps, results, call.location)


def _one_row(index: object) -> Iterator[tuple[int, int, int, str]]:
    """(axis of the rows, row, length, how) of an index of a row and a step, in either order."""
    if not isinstance(index, tuple) or len(index) < 2:
        return
    for axis in (0, 1):
        row, step = index[axis], index[1 - axis]
        if type(row) is not int or row < 0:
            continue
        if type(step) is int and step >= 0:
            yield axis, row, step + 1, "index"
        elif isinstance(step, slice) and type(step.stop) is int and not step.start:
            yield axis, row, step.stop, "mask"
