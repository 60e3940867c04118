"""Which data a tensor was cut out of, and where they lie: the same again, or rows of others?

What is compared is memory that stays alive from step to step, never values: a text may repeat.
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
_PUT_TOGETHER = frozenset(("stack", "pad_sequence"))
_MOST_ROWS = 1024
_SLOTS = re.compile(r"Slot\(number=\d+\)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of memory: the tensor that it is in, and how it lies there."""

    base: ref[torch.Tensor]
    version: int
    geometry: tuple[int, tuple[int, ...], tuple[int, ...]]  # offset, sizes, strides

    def is_in(self, other: Piece) -> bool:
        """True for memory of one tensor, which lives and was not written to meanwhile."""
        return self.base is other.base and self.version == other.version and self.base() is not None


@dataclass(frozen=True, slots=True)
class Origin:
    """The pieces that some data are made of; one for each row where rows were put together.

    ``made`` is what was done to them on the way to where they are read.
    """

    pieces: tuple[Piece, ...]
    made: tuple[str, ...] = ()
    gathered: bool = False  # by an index

    def is_same(self, other: Origin) -> bool:
        """True when these are the same elements of the same tensors, used in the same way."""
        same = len(self.pieces) == len(other.pieces) and self.made == other.made
        return (
            same
            and not self.gathered
            and all(
                one.is_in(two) and one.geometry == two.geometry
                for one, two in zip(self.pieces, other.pieces, strict=True)
            )
        )

    def is_of_other_rows(self, other: Origin) -> bool:
        """True when rows of one tensor come next that do not follow the rows here.

        Where they do, each row is as far from the one before it as the others are from theirs.
        """
        pairs = list(zip(self.pieces, other.pieces, strict=False))
        if len(self.pieces) < 2 or not all(one.is_in(two) for one, two in pairs):
            return False
        return len({two.geometry[0] - one.geometry[0] for one, two in pairs}) > 1


def origin(tape: Tape, slot: int, rows: int) -> Origin | None:
    """Where the data of a slot were cut out, or, ``rows`` of them, put together or gathered."""
    made: list[str] = []
    for number in _upwards(tape, slot):
        value, call = tape.values[number], tape.producer.get(number)
        pieces, gathered = _pieces(tape, number, rows)
        if pieces:
            known = len(pieces) <= _MOST_ROWS and value is not None and _differ(value)
            return Origin(pieces, tuple(made), gathered) if known else None
        if call is not None:
            made.append(f"{call.name} {_SLOTS.sub('', repr((call.args, call.kwargs)))}")
    return None


def _upwards(tape: Tape, slot: int) -> Iterator[int]:
    """The slots that one tensor of data became this one by, the nearest first."""
    given = [slot]
    while len(given) == 1:
        yield given[0]
        call = tape.producer.get(given[0])
        states = state_slots(call) if call is not None and call in tape.recurrent else ()
        inputs = call.inputs if call is not None else ()
        given = [s for s in inputs if s not in tape.parameters and s not in states]


def _pieces(tape: Tape, slot: int, rows: int) -> tuple[tuple[Piece, ...], bool]:
    """The pieces of a slot, if it was not computed, and whether an index gathered them."""
    value, call = tape.values[slot], tape.producer.get(slot)
    gathered = tuple(_gathered(tape, call, rows)) if call is not None else ()
    if gathered:
        return gathered, True
    if call is not None and call.name in _PUT_TOGETHER:
        return tuple(p for s in call.inputs for p in _piece(tape.values[s])), False
    if call is None or (value is not None and value._is_view() and _is_old(tape, value)):
        return tuple(_piece(value)), False
    return (), False


def _differ(value: torch.Tensor) -> bool:
    """True for data: what is the same everywhere is a beat, and comes again on purpose."""
    return value.numel() > 0 and bool((value != value.flatten()[0]).any())


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


def _is_old(tape: Tape, value: torch.Tensor) -> bool:
    """True for a view of what this step has not gathered or put together itself."""
    base = value._base
    makers = (tape.producer.get(n) for n, known in enumerate(tape.values) if known is base)
    call = next((maker for maker in makers if maker is not None), None)
    return call is None or call.name not in _GATHERS | _PUT_TOGETHER


def _piece(value: torch.Tensor | None) -> Iterator[Piece]:
    if value is None or value.is_sparse or value.is_nested:
        return
    base = value._base if value._is_view() else value
    if base is not None and not base.is_inference():
        geometry = (value.storage_offset(), tuple(value.shape), tuple(value.stride()))
        yield Piece(ref(base), base._version, geometry)
