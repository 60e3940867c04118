"""Is a state made for a layer to begin from, by weights for nothing else, and never given to it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from weakref import ref

import torch

from rnnscope.experiments.roles import state_slots
from rnnscope.experiments.starts import begins_from_zeros
from rnnscope.findings import Location
from rnnscope.recording.tape import Call, Tape
from rnnscope.subjects.facts import StateDropped

_MOST = 256  # tensors that may yet be used by the next step


@dataclass(slots=True)
class _Waiting:
    """A state that was dropped: what its weights made in that step, and the weights themselves."""

    fact: StateDropped
    made: tuple[ref[torch.Tensor], ...]
    weights: tuple[ref[torch.Tensor], ...]


@dataclass(slots=True)
class Dropped:
    """What training steps made and did not use, until the program is over.

    A second loss of the same forward is a step of its own here: what it uses was not dropped. Nor
    was what another step trains.
    """

    _waiting: dict[Location | None, _Waiting] = field(default_factory=dict)
    _used: set[Location | None] = field(default_factory=set)

    def step(self, tape: Tape) -> None:
        """A recorded step is over."""
        if tape.loss is None:
            return
        for place, known in self._waiting.items():
            if _is_there(tape, known.made, tape.sources) or _is_there(
                tape, known.weights, tape.used
            ):
                self._used.add(place)
        for fact, idle in states_dropped(tape):
            made = sorted(tape.descendants(idle) - idle)[:_MOST]
            self._waiting[fact.location] = _Waiting(fact, _refs(tape, made), _refs(tape, idle))

    def end(self) -> Iterator[StateDropped]:
        """The program is over: nothing else is used."""
        for place, known in self._waiting.items():
            if place not in self._used:
                yield known.fact


def _refs(tape: Tape, slots: Iterable[int]) -> tuple[ref[torch.Tensor], ...]:
    values = (tape.values[slot] for slot in slots)
    return tuple(ref(value) for value in values if value is not None)


def _is_there(tape: Tape, known: tuple[ref[torch.Tensor], ...], slots: frozenset[int]) -> bool:
    alive = {id(tensor) for each in known if (tensor := each()) is not None}
    return any(id(tape.values[slot]) in alive for slot in slots)


def states_dropped(tape: Tape) -> Iterator[tuple[StateDropped, frozenset[int]]]:
    """Ends of what weights made that lead to no loss, in the form of a state that is missing.

    Beside each fact, these weights.
    """
    used = tape.used
    for call in tape.recurrent:
        if call.layer is None or not call.grad or used.isdisjoint(call.results):
            continue
        if not begins_from_zeros(tape, call):
            continue
        form = {tape.shape(slot) for slot in state_slots(call)}
        end = _end(tape, call, form, used)
        if end is not None:
            made, idle = end
            fact = StateDropped(call.layer.kind, made.name, call.location, made.location)
            yield fact, idle
            return


def _end(
    tape: Tape, call: Call, form: set[tuple[int, ...]], used: frozenset[int]
) -> tuple[Call, frozenset[int]] | None:
    """The call that made a state nobody reads, and the parameters that worked for nothing else."""
    layer = call.layer.name if call.layer is not None else None
    for made in reversed(tape.calls[: call.number]):
        own = made.layer is not None and made.layer.name == layer
        if own or not used.isdisjoint(made.results):
            continue
        for slot in made.results:
            if tape.shape(slot) not in form or slot in tape.users or slot in tape.looked_at:
                continue
            begun = tape.ancestors(slot)
            idle = (begun & tape.parameters) - used
            if idle and not _is_copy(tape, begun):
                return made, idle
    return None


def _is_copy(tape: Tape, slots: frozenset[int]) -> bool:
    """True for what was made of weights alone, as where they are kept for later."""
    makers = {slot: tape.producer.get(slot) for slot in slots}
    begun = {slot for slot, made in makers.items() if made is None or not made.inputs}
    return begun <= tape.parameters
