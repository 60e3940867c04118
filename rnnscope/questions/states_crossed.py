"""Does an LSTM begin from an earlier call's c_n as h_0, and from its h_n as c_0?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from weakref import ref

import torch

from rnnscope.experiments.roles import state_slots
from rnnscope.experiments.starts import left_slots
from rnnscope.findings import Location
from rnnscope.recording.tape import Call, Tape
from rnnscope.subjects.facts import StatesCrossed


@dataclass(frozen=True, slots=True)
class _Left:
    """A state that a call left: which of the two, and which call it was."""

    step: int
    call: int
    index: int
    location: Location | None


@dataclass(slots=True)
class Crossed:
    """What was left is known by its memory, from the step before to this one as within a step."""

    _kept: list[tuple[ref[torch.Tensor], _Left]] = field(default_factory=list)

    def step(self, tape: Tape) -> Iterator[StatesCrossed]:
        """A recorded step is over."""
        left = self._of_before(tape)
        for call in tape.calls:
            if call.layer is None:
                _follow(tape, call, left)
                continue
            given, slots = state_slots(call), left_slots(call)
            if len(given) == 2:
                hidden, cell = (left.get(slot) for slot in given)
                if hidden and cell and _are_crossed(hidden, cell) and not _are_equal(tape, given):
                    yield StatesCrossed(call.layer.kind, call.location, hidden.location)
                left |= {
                    s: _Left(tape.number, call.number, n, call.location)
                    for n, s in enumerate(slots)
                }
        values = ((tape.values[slot], found) for slot, found in left.items())
        self._kept = [(ref(value), found) for value, found in values if value is not None]

    def _of_before(self, tape: Tape) -> dict[int, _Left]:
        alive = {id(value): left for known, left in self._kept if (value := known()) is not None}
        values = {slot: tape.values[slot] for slot in tape.sources}
        return {slot: alive[id(value)] for slot, value in values.items() if id(value) in alive}


def _follow(tape: Tape, call: Call, left: dict[int, _Left]) -> None:
    """What a call has moved, and changed no number of, is still that state."""
    if len(call.inputs) == len(call.results) == 1 and call.inputs[0] in left:
        before, after = tape.values[call.inputs[0]], tape.values[call.results[0]]
        if before is not None and after is not None and _is_moved(before, after):
            left[call.results[0]] = left[call.inputs[0]]


def _is_moved(before: torch.Tensor, after: torch.Tensor) -> bool:
    same = before.numel() == after.numel() and before.dtype == after.dtype
    return same and torch.equal(before.flatten().sort().values, after.flatten().sort().values)


def _are_crossed(hidden: _Left, cell: _Left) -> bool:
    same = (hidden.step, hidden.call) == (cell.step, cell.call)
    return same and (hidden.index, cell.index) == (1, 0)


def _are_equal(tape: Tape, given: tuple[int, ...]) -> bool:
    one, other = (tape.values[slot] for slot in given)
    return one is None or other is None or torch.equal(one, other)
