"""Is a state made for a layer to begin from, by weights for nothing else, and never given to it?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from weakref import ref

import torch

from rnnscope.experiments.roles import state_slots
from rnnscope.findings import Location
from rnnscope.questions.state_carried import begins_from_zeros
from rnnscope.recording.tape import Call, Tape
from rnnscope.subjects.facts import StateDropped

_MOST = 256  # tensors that may yet be used by the next step


@dataclass(slots=True)
class Dropped:
    """What a training step made and did not use, until the same happens again.

    A second loss of the same forward is a step of its own here: what it uses was not dropped.
    """

    _waiting: dict[Location | None, tuple[StateDropped, tuple[ref[torch.Tensor], ...]]] = field(
        default_factory=dict
    )
    _used: set[Location | None] = field(default_factory=set)

    def step(self, tape: Tape) -> Iterator[StateDropped]:
        """A recorded step is over."""
        if tape.loss is None:
            return
        for place, (_, made) in self._waiting.items():
            alive = [tensor for known in made if (tensor := known()) is not None]
            if any(tape.values[s] is tensor for s in tape.sources for tensor in alive):
                self._used.add(place)
        for fact, slots in states_dropped(tape):
            if fact.location in self._waiting and fact.location not in self._used:
                yield fact
            values = (tape.values[slot] for slot in slots[:_MOST])
            self._waiting[fact.location] = (fact, tuple(ref(v) for v in values if v is not None))

    def end(self) -> Iterator[StateDropped]:
        """The program is over: nothing else is used."""
        for place, (fact, _) in self._waiting.items():
            if place not in self._used:
                yield fact


def states_dropped(tape: Tape) -> Iterator[tuple[StateDropped, list[int]]]:
    """Ends of what weights made that lead to no loss, in the form of a state that is missing.

    Beside each fact, every slot that these weights made.
    """
    assert tape.loss is not None
    used = tape.ancestors(tape.loss)
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
            yield fact, sorted(tape.descendants(idle) - idle)
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
            idle = (tape.ancestors(slot) & tape.parameters) - used
            if idle:
                return made, idle
    return None
