"""Is a layer that is called step after step ever given the state that it returned?"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from rnnscope.experiments.roles import state_slots
from rnnscope.experiments.starts import left_slots
from rnnscope.recording.tape import Call, Tape
from rnnscope.subjects.facts import StateNeverHandedOn

_FEWEST = 3  # calls: two may be two sequences of one step each


def states_never_handed_on(tape: Tape) -> Iterator[StateNeverHandedOn]:
    """Layers of single steps, called at one line again and again, that always begin alike."""
    calls: dict[object, list[Call]] = {}
    for call in tape.recurrent:
        if call.layer is not None:
            calls.setdefault((call.layer.name, call.location), []).append(call)
    for found in calls.values():
        layer = found[0].layer
        steps = all(is_one_step(tape, call) for call in found)
        if layer is None or len(found) < _FEWEST or not steps or not _differ(tape, found):
            continue
        if not _begin_alike(tape, found) or _is_read(tape, layer.name):
            continue
        yield StateNeverHandedOn(layer.kind, len(found), found[0].location, layer.built_at)


def is_one_step(tape: Tape, call: Call) -> bool:
    """True for a cell, and for a layer that is given a sequence of one step."""
    shape = tape.shape(call.inputs[0])
    if "cell" in call.name:
        return True
    first = call.layer is not None and call.layer.batch_first
    return len(shape) == 3 and shape[1 if first else 0] == 1


def _begin_alike(tape: Tape, calls: list[Call]) -> bool:
    """True where no data made the initial states: zeros, or what is learnt, at every call."""
    first = [tape.values[slot] for slot in state_slots(calls[0])]
    for call in calls:
        for slot, like in zip(state_slots(call), first, strict=True):
            value = tape.values[slot]
            if value is None or like is None or not torch.equal(value, like):
                return False
            begun = tape.ancestors(slot) & tape.sources
            if begun - tape.parameters and bool((value != 0).any()):
                return False
    return True


def _is_read(tape: Tape, layer: int) -> bool:
    """True where a call of this layer goes on from what another left, as in a tree from leaves."""
    calls = [call for call in tape.recurrent if call.layer and call.layer.name == layer]
    left = tape.descendants(frozenset(slot for call in calls for slot in left_slots(call)))
    return any(slot in left for call in calls for slot in state_slots(call))


def _differ(tape: Tape, calls: list[Call]) -> bool:
    """True for steps of one thing: inputs taken one after the other from it, or made in turn."""
    values = [tape.values[call.inputs[0]] for call in calls]
    known = [value for value in values if value is not None]
    if len(known) < len(values) or len({value.shape for value in known}) > 1:
        return False
    if all(torch.equal(known[0], value) for value in known[1:]):
        return False
    makers = [tape.producer.get(call.inputs[0]) for call in calls]
    return all(maker is not None for maker in makers)
