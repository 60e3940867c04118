"""Which data a tensor was cut out of, and where they lie: the same again, or rows of others?

What is compared is memory that stays alive from step to step: a text may repeat, and equal values
alone say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from weakref import ref

import torch

from rnnscope.experiments.roles import state_slots
from rnnscope.recording.tape import Call, Slot, Tape

_GATHERS = frozenset(("__getitem__", "index_select"))
_TOLD = _GATHERS | {"_pack_padded_sequence"}
_PUT_TOGETHER = frozenset(("stack", "pad_sequence"))
_MOST_ROWS = 1024  # of one tensor: where each came from is looked up row by row
_SLOTS = re.compile(r"Slot\(number=\d+\)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of memory: the tensor that it is in, and how it lies there."""

    base: ref[torch.Tensor]
    version: int
    geometry: tuple[int, tuple[int, ...], tuple[int, ...]]  # offset, sizes, strides
    total: float | None  # NumPy may write to memory, and torch does not hear of it

    def is_in(self, other: Piece) -> bool:
        """True for memory of one tensor, which lives and was not written to meanwhile."""
        return self.base is other.base and self.version == other.version and self.base() is not None


@dataclass(frozen=True, slots=True)
class Origin:
    """The pieces that some data are made of; one for each row where rows were put together.

    ``slot`` is the tensor that they make, ``made`` what was done to it until it was read.
    """

    slot: int
    pieces: tuple[Piece, ...]
    made: tuple[str, ...] = ()
    gathered: bool = False  # by an index

    def is_same(self, other: Origin) -> bool:
        """True when these are the same elements of the same tensors, used in the same way."""
        same = len(self.pieces) == len(other.pieces) and self.made == other.made
        return same and not self.gathered and all(map(_is_piece, self.pieces, other.pieces))

    def is_of_other_rows(self, other: Origin) -> bool:
        """True when rows of one tensor come next that do not follow the rows here.

        Where they do, each row is as far from the one before it as the others are from theirs.
        """
        pairs = list(zip(self.pieces, other.pieces, strict=False))
        if len(pairs) < 2 or not all(one.is_in(two) for one, two in pairs):
            return False
        return len({two.geometry[0] - one.geometry[0] for one, two in pairs}) > 1


def _is_piece(one: Piece, other: Piece) -> bool:
    return one.is_in(other) and one.geometry == other.geometry and one.total == other.total


def origins(tape: Tape, slot: int, rows: int) -> Iterator[Origin]:
    """Where the data of a slot, ``rows`` of them, may come from: all that it became this one by."""
    made: list[str] = []
    for number in upwards(tape, slot):
        call = tape.producer.get(number)
        gathered = tuple(_gathered(tape, call, rows)) if call is not None else ()
        pieces = gathered or tuple(p for s in _parts(call, number) for p in _piece(tape.values[s]))
        if 0 < len(pieces) <= _MOST_ROWS:
            yield Origin(number, pieces, tuple(made), bool(gathered))
        if call is not None:
            made.append(f"{call.name} {_SLOTS.sub('', repr((call.args, call.kwargs)))}")


def _parts(call: Call | None, slot: int) -> tuple[int, ...]:
    """The rows that a tensor was put together of, or the tensor itself."""
    return call.inputs if call is not None and call.name in _PUT_TOGETHER else (slot,)


def upwards(tape: Tape, slot: int) -> Iterator[int]:
    """The slots that one tensor of data became this one by, the nearest first."""
    given = [slot]
    while len(given) == 1:
        yield given[0]
        call = tape.producer.get(given[0])
        states = state_slots(call) if call is not None and call in tape.recurrent else ()
        inputs = call.inputs if call is not None else ()
        given = [s for s in inputs if s not in tape.parameters and s not in states]


def order_of(tape: Tape, slot: int, rows: int) -> tuple[int, ...] | None:
    """In which order all rows of some data were put last, where an index did so."""
    call = tape.producer.get(slot)
    while call is not None:
        index = call.args[-1] if call.name in _GATHERS else None
        value = tape.values[index.number] if isinstance(index, Slot) else None
        if value is not None and value.dtype is torch.int64 and value.shape == (rows,):
            order = tuple(value.tolist())
            return order if sorted(order) == list(range(rows)) else None
        given = call.inputs[:1] if call.name in _TOLD else call.inputs
        data = [s for s in given if s not in tape.parameters]
        call = tape.producer.get(data[0]) if len(data) == 1 else None
    return None


def _gathered(tape: Tape, call: Call, rows: int) -> Iterator[Piece]:
    """``data[index]`` with a number for each row."""
    if call.name not in _GATHERS or len(call.args) < 2 or not isinstance(call.args[0], Slot):
        return
    index, of = call.args[-1], tape.values[call.args[0].number]
    value = tape.values[index.number] if isinstance(index, Slot) else None
    if value is None or of is None or value.dtype is not torch.int64 or of.dim() < 2:
        return
    if value.dim() == 1 and len(value) == rows > 1:
        for number in value.tolist():
            yield from _piece(of[number])


def _piece(value: torch.Tensor | None) -> Iterator[Piece]:
    if value is None or value.is_sparse or value.is_nested:
        return
    base = value._base if value._is_view() else value
    if base is not None and not base.is_inference():
        geometry = (int(value.storage_offset()), tuple(value.shape), tuple(value.stride()))
        total = float(value.detach().double().sum()) if value.device.type == "cpu" else None
        yield Piece(ref(base), base._version, geometry, total)
