"""Does a layer begin where it ended for data that its new data do not go on from?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from weakref import ref

import torch

from rnnscope.experiments.origins import Origin, order_of, origins
from rnnscope.experiments.roles import is_one_step, state_slots
from rnnscope.experiments.starts import begins_from_zeros, left_slots
from rnnscope.recording.tape import RECURRENT_KERNELS, Call, Tape
from rnnscope.subjects.facts import StateCarried, StateDropped

_FEWEST = 2  # steps in a row whose kept state nobody reads: one may be the last of an epoch
_MOST = 64  # tensors made of one state
_LONGEST = 256  # steps of which is known what they have read


@dataclass(slots=True)
class _Trail:
    """What one layer left in the recorded step before, and what it has read to come there."""

    left: tuple[ref[torch.Tensor], ...] = ()
    read: list[tuple[Origin, ...]] = field(default_factory=list)
    last: tuple[tuple[torch.Size, float], ...] = ()  # a print of what was left
    order: tuple[int, ...] | None = None  # in which its data were put by an index
    unread: int | None = 0  # steps in a row that kept its state and began from nothing, or never
    dropped: StateDropped | None = None
    kept: tuple[ref[torch.Tensor], ...] = ()  # what was made of the state that nobody read
    meant: StateCarried | None = None  # by the program's own loop, perhaps
    anew: set[bool] = field(default_factory=set)  # whether evaluations began from zeros


@dataclass(slots=True)
class Carrying:
    """Follows the states of each layer from one training step to the next."""

    ways: tuple[tuple[int, int, Call], ...] = ()  # states of the step before, and given ones
    _trails: dict[int, _Trail] = field(default_factory=dict)

    def step(self, tape: Tape) -> Iterator[StateCarried]:
        """A recorded step is over."""
        self.ways = ()
        for layer, calls in tape.by_layer:
            if layer.name in self._trails:
                asked = (call for call in calls if not call.grad)
                self._trails[layer.name].anew.update(begins_from_zeros(tape, c) for c in asked)
            own = [call for call in calls if call.grad]
            if tape.loss is None or not own:
                continue
            trail = self._trails.setdefault(layer.name, _Trail())
            yield from self._look(tape, trail, own[0])
            trail.left = tuple(_kept(tape, own[-1]))
            trail.order = order_of(tape, own[-1].inputs[0], _rows(tape, own[-1]))
            last = (tape.values[slot] for slot in left_slots(own[-1]))
            trail.last = tuple(_print_of(value) for value in last if value is not None)

    def end(self) -> Iterator[StateDropped | StateCarried]:
        """The program is over: what was kept and never read was kept for nothing.

        What a program hands on over shuffled batches was meant, unless evaluation does without.
        """
        for trail in self._trails.values():
            if trail.dropped is not None and trail.unread is not None and trail.unread >= _FEWEST:
                yield trail.dropped
            if trail.meant is not None:
                yield replace(trail.meant, evaluated=trail.anew != {True})

    def _look(self, tape: Tape, trail: _Trail, call: Call) -> Iterator[StateCarried]:
        """The first call of a layer in a step."""
        alive = [tensor for known in trail.left if (tensor := known()) is not None]
        carried = {s for s in tape.sources if any(tape.values[s] is t for t in alive)}
        made = {slot: tape.ancestors(slot) for slot in state_slots(call)}
        self.ways += tuple((s, slot, call) for slot, of in made.items() for s in carried & of)
        given = frozenset[int]().union(*made.values())
        now = tuple(origins(tape, call.inputs[0], _rows(tape, call)))
        if carried.isdisjoint(given):
            _look_unread(tape, trail, call, carried)
            trail.read = []
        else:
            trail.unread = None
            reason = _reason(tape, trail, call, now)
            if reason is None and _is_in_old_order(tape, trail, call):
                reason = "order"
            fact = _fact(tape, call, reason) if reason is not None else None
            if fact is not None and fact.handed and reason == "shuffled":
                makers = [tape.producer[slot].location for slot in made if slot in tape.producer]
                trail.meant = trail.meant or replace(fact, location=(makers or [fact.location])[0])
            elif fact is not None:
                yield fact
        if len(trail.read) < _LONGEST:
            trail.read.append(now)


def _reason(tape: Tape, trail: _Trail, call: Call, now: tuple[Origin, ...]) -> str | None:
    """Why the data of this call cannot go on from those that the state has read."""
    states = [value for s in state_slots(call) if (value := tape.values[s]) is not None]
    if any(_has_zero_rows(state) for state in states):
        return None  # it is reset, where a sequence has ended
    layer = call.layer
    if layer is not None and layer.bidirectional and not is_one_step(tape, call):
        return "backward"
    if tape.shuffled and not tape.batches.isdisjoint(tape.ancestors(call.inputs[0])):
        return "shuffled"
    before = [origin for known in trail.read for origin in known]
    if any(one.is_same(two) and _differ(tape, one) for one in now for two in before):
        return "again"
    last = trail.read[-1] if trail.read else ()
    return "rows" if any(two.is_of_other_rows(one) for one in now for two in last) else None


def _is_in_old_order(tape: Tape, trail: _Trail, call: Call) -> bool:
    """True for states just as they were left, beside data whose rows were put in another order."""
    order = order_of(tape, call.inputs[0], _rows(tape, call))
    states = [tape.values[slot] for slot in state_slots(call)]
    if None in (order, trail.order) or order == trail.order or len(states) != len(trail.last):
        return False
    return all(
        s is not None and _print_of(s) == was for s, was in zip(states, trail.last, strict=True)
    )


def _print_of(state: torch.Tensor) -> tuple[torch.Size, float]:
    """What tells values in this order from others, and keeps none of their memory."""
    values = state.detach().double().cpu().flatten()
    return state.shape, float(values @ torch.arange(1.0, len(values) + 1).double())


def _has_zero_rows(state: torch.Tensor) -> bool:
    return bool((state == 0).all(-1).any())


def _differ(tape: Tape, origin: Origin) -> bool:
    """True for data: what is the same everywhere is a beat, and comes again on purpose."""
    value = tape.values[origin.slot]
    return value is not None and bool((value != value.flatten()[0]).any())


def _fact(tape: Tape, call: Call, reason: str) -> StateCarried:
    layer = call.layer
    assert layer is not None
    at = tape.loaded_at if reason == "shuffled" else None
    return StateCarried(layer.kind, reason, call.location, layer.built_at, at, layer.handed)


def _kept(tape: Tape, call: Call) -> Iterator[ref[torch.Tensor]]:
    """The states that a call left, and what of their size was made of them without a parameter.

    What they are written into is another thing: a memory of all samples, from which each takes its
    own.
    """
    reached = set(left_slots(call))
    sizes = {math.prod(tape.shape(slot)) for slot in reached}
    for later in tape.calls[call.number + 1 :]:
        own = later.name in RECURRENT_KERNELS or not tape.parameters.isdisjoint(later.inputs)
        into = later.changed is not None and later.inputs[0] not in reached
        if not (own or into or reached.isdisjoint(later.inputs)) and len(reached) < _MOST:
            reached.update(s for s in later.results if math.prod(tape.shape(s)) in sizes)
    for slot in reached:
        value = tape.values[slot]
        if value is not None:
            yield ref(value)


def _look_unread(tape: Tape, trail: _Trail, call: Call, carried: set[int]) -> None:
    """A state outlives its step, is made ready for the next one, and nobody takes it.

    What is collected in a list lives on; what is to be carried on is replaced.
    """
    ready = [s for s in tape.descendants(frozenset(carried)) - carried if _is_state(tape, call, s)]
    replaced = all(known() is None for known in trail.kept)
    dead = bool(ready) and not any(s in tape.users for s in ready) and begins_from_zeros(tape, call)
    if trail.unread is not None:
        trail.unread = trail.unread + 1 if dead and replaced else 0
    values = (tape.values[s] for s in ready)
    trail.kept = tuple(ref(value) for value in values if value is not None)
    if dead and call.layer is not None:
        made = tape.producer[min(ready)]
        trail.dropped = StateDropped(
            call.layer.kind, made.name, call.location, made.location, carried=True
        )


def _is_state(tape: Tape, call: Call, slot: int) -> bool:
    return tape.shape(slot) in {tape.shape(s) for s in state_slots(call)}


def _rows(tape: Tape, call: Call) -> int:
    """The number of sequences of a call."""
    shapes = [tape.shape(slot) for slot in state_slots(call)]
    return shapes[0][-2] if shapes and len(shapes[0]) > 1 else 1
