"""Is a layer that is called step after step ever given the state that it returned?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from rnnscope.experiments.roles import is_one_step, state_slots
from rnnscope.experiments.starts import left_slots
from rnnscope.recording.tape import Call, Tape
from rnnscope.subjects.facts import StateNeverHandedOn

_FEWEST = 3  # calls: two may be two sequences of one step each


def states_never_handed_on(tape: Tape) -> Iterator[StateNeverHandedOn]:
    """Layers of single steps, called at one line again and again, that always begin alike."""
    for layer, calls in tape.by_layer:
        for place in dict.fromkeys(call.location for call in calls):
            found = [call for call in calls if call.location == place]
            steps = len(found) >= _FEWEST and all(is_one_step(tape, call) for call in found)
            same = steps and _differ(tape, found) and _begin_alike(tape, found)
            if same and not _is_read(tape, calls):
                yield StateNeverHandedOn(layer.kind, len(found), place, layer.built_at)


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


def _is_read(tape: Tape, calls: Sequence[Call]) -> bool:
    """True where one of these calls goes on from what another left, as in a tree from leaves."""
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
