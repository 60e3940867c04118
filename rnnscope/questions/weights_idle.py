"""Which part of a recurrence has no influence: a gate, the weights of the state, a whole cell?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from weakref import ref

import torch

from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.reading import Reader
from rnnscope.experiments.replay import Value, quietly
from rnnscope.experiments.roles import is_one_step, state_slots
from rnnscope.findings import Location
from rnnscope.recording.tape import LOOP, RECURRENT_KERNELS, Call, Layer, Tape
from rnnscope.subjects.facts import IdleWeights, SliceRead

_GATES = (3, 4)  # of a GRU, of an LSTM
_FEWEST = 2  # steps of training, and units of a gate: one may be idle by chance
_Fact = IdleWeights | SliceRead
_Told = tuple[Sequence[Call], _Fact | None]  # None where all has an influence


@dataclass(slots=True)
class WeightsIdle:
    """What was idle in every step of training that was asked, by the line of its first call."""

    _told: dict[Location | None, list[_Fact | None]] = field(default_factory=dict)
    _results: dict[Location | None, list[ref[torch.Tensor]]] = field(default_factory=dict)

    def ask(self, laboratory: Laboratory) -> None:
        """Look at the recurrences of one step."""
        tape = laboratory.tape
        if tape.loss is None:
            return
        given = {id(tape.values[slot]) for slot in tape.sources}
        for place, results in self._results.items():
            alive = (tensor for known in results if (tensor := known()) is not None)
            if not given.isdisjoint(map(id, alive)):
                self._told[place].append(None)  # it was made for this step
        for calls, fact in (*_loops(laboratory), *_single_steps(tape), *_gates(laboratory)):
            place = calls[0].location
            self._told.setdefault(place, []).append(fact)
            values = (tape.values[slot] for call in calls for slot in call.results)
            self._results[place] = [ref(value) for value in values if value is not None]

    def facts(self) -> Iterator[_Fact]:
        """What was so in every step."""
        for told in self._told.values():
            if told[0] is not None and len(told) >= _FEWEST and told == told[:1] * len(told):
                yield told[0]


def _loops(laboratory: Laboratory) -> Iterator[_Told]:
    """Cells that hand their state on from step to step, of which one step is read, or none."""
    tape = laboratory.tape
    loops = [(layer, calls) for layer, calls in tape.by_layer if _is_loop(tape, calls)]
    cells = [call for _, calls in loops for call in calls]
    reader = Reader.of(laboratory, cells) if cells else None
    if reader is not None:
        yield from ((calls, _of_loop(reader, layer, calls)) for layer, calls in loops)


def _is_loop(tape: Tape, calls: Sequence[Call]) -> bool:
    first = tape.descendants(frozenset(calls[0].results))
    carried = (not first.isdisjoint(state_slots(call)) for call in calls[1:])
    return "cell" in calls[0].name and len(calls) >= LOOP and all(carried)


def _of_loop(reader: Reader, layer: Layer, calls: Sequence[Call]) -> _Fact | None:
    for _ in ("as recorded", "with other parameters"):
        read = [call for call in calls if any(reader.mask(slot).any() for slot in call.results)]
        if read not in ([], [calls[0]]) or not reader.is_sure:
            return None
    rest = calls[len(read) :]
    left = reader.left_behind(rest)
    if left is None:
        return None
    place = calls[0].location
    if not read:
        return IdleWeights("cell", len(calls), layer.kind, place, layer.built_at)
    left = reader.first_user(calls[0], 0) if left is rest[0] else left
    end = ("end", 0, len(calls), "output", layer.kind, False, False)
    return SliceRead(*end, left.location, place, layer.built_at)


def _single_steps(tape: Tape) -> Iterator[_Told]:
    """Layers of which every sequence is one step, from zeros."""
    for layer, ran in tape.by_layer:
        # Acting without gradients, state in hand, trains nothing.
        calls = [c for c in ran if c.grad or not tape.used.isdisjoint(c.results)]
        if not calls or "cell" in calls[0].name:
            continue
        if any(tape.used.isdisjoint(call.results) for call in calls):
            continue
        idle = all(is_one_step(tape, call) and _from_zeros(tape, call) for call in calls)
        place = calls[0].location
        fact = IdleWeights("recurrence", 1, layer.kind, place, layer.built_at)
        yield calls, fact if idle else None


def _from_zeros(tape: Tape, call: Call) -> bool:
    values = [tape.values[slot] for slot in state_slots(call) if slot not in tape.learnt]
    zeros = all(value is not None and not bool((value != 0).any()) for value in values)
    return zeros and len(values) == len(state_slots(call))


def _gates(laboratory: Laboratory) -> Iterator[_Told]:
    """Hand-written cells in which a block of the weights of the state goes nowhere."""
    tape = laboratory.tape
    weights = {s: axis for s in tape.parameters if (axis := _gate_axis(tape, s)) is not None}
    reader = Reader.of(laboratory, ()) if weights else None
    if reader is not None:
        for slot, axis in weights.items():
            yield tape.users[slot], _of_gates(reader, slot, axis)


def _of_gates(reader: Reader, slot: int, axis: int) -> _Fact | None:
    units = reader.tape.shape(slot)[1 - axis]
    for _ in ("as recorded", "with other parameters"):
        blocks = reader.mask(slot).movedim(axis, 0).reshape(-1, units * units).any(1)
        if blocks.all() or not blocks.any() or not reader.is_sure:
            return None
    end = _dead_end(reader.laboratory, slot, axis, ~blocks.repeat_interleave(units))
    made = "GRU" if len(blocks) == min(_GATES) else "LSTM"
    return IdleWeights("gate", len(blocks), made, end.location) if end is not None else None


def _gate_axis(tape: Tape, slot: int) -> int | None:
    """The axis of the gates of a weight (gates*units, units) that a loop multiplies states by."""
    users, shape = tape.users.get(slot, ()), tape.shape(slot)
    if len(users) < LOOP or len(shape) != 2 or any(u.name in RECURRENT_KERNELS for u in users):
        return None
    if tape.descendants(frozenset(users[0].results)).isdisjoint(users[-1].inputs):
        return None  # of a head, some outputs may be for another loss
    for axis in (0, 1):
        units = shape[1 - axis]
        wide = all(tape.shape(user.results[0])[-1:] == (shape[axis],) for user in users)
        if wide and units >= _FEWEST and shape[axis] in [gates * units for gates in _GATES]:
            return axis
    return None


def _dead_end(laboratory: Laboratory, slot: int, axis: int, idle: torch.Tensor) -> Call | None:
    """The call whose result nothing reads, if other values in these rows move no loss."""
    tape, value = laboratory.tape, laboratory.value(slot)
    if value is None or tape.loss is None:
        return None
    run = laboratory.run(("gate", slot), {slot: _others(value, axis, idle)})
    if run is None or any(laboratory.moves(run, s) for s in (tape.loss, *tape.looked_at)):
        return None
    behind = tape.descendants(frozenset((slot,))).difference(tape.users)
    ends = [end for end in sorted(behind) if laboratory.moves(run, end)]
    return tape.producer[ends[0]] if ends else None


def _others(value: Value, axis: int, idle: torch.Tensor) -> Value:
    with quietly():
        new = value.detach().clone()
        rows = new.movedim(axis, 0)
        rows[idle.to(new.device)] = rows[idle.to(new.device)].flip(0) + 1
        return new
