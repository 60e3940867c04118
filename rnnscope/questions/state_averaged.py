"""Are the rows of a state put together on its way from one training step to the next?"""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.roles import state_slots
from rnnscope.experiments.samples import apart
from rnnscope.experiments.starts import left_slots
from rnnscope.recording.tape import Call, Tape
from rnnscope.subjects.facts import StateCarried

Way = tuple[int, int, Call]  # a state, what became of it, and the call that it belongs to


def states_averaged(laboratory: Laboratory, carried: tuple[Way, ...]) -> Iterator[StateCarried]:
    """States in which one row moves with others; ``carried`` came from the step before."""
    tape = laboratory.tape
    for state, became, call in (*carried, *_kept(tape)):
        if call.layer is not None and _mixes(laboratory, state, became):
            made = tape.producer[became].location
            yield StateCarried(call.layer.kind, "averaged", made, call.layer.built_at)
            return


def _kept(tape: Tape) -> Iterator[Way]:
    """What was made of the last states, without gradients, and is of no use in this step."""
    last = (calls[-1] for _, calls in tape.by_layer)
    for call in last if tape.loss is not None else ():
        shapes = {tape.shape(slot) for slot in state_slots(call)}
        for left in left_slots(call):
            for slot in sorted(tape.descendants(frozenset((left,)))):
                value = tape.values[slot]
                idle = slot not in tape.users and slot != tape.loss and slot not in tape.looked_at
                free = value is not None and not value.requires_grad
                if idle and free and tape.shape(slot) in shapes:
                    yield left, slot, call


def _mixes(laboratory: Laboratory, state: int, became: int) -> bool:
    """True when other values in one row of a state move a row that another one moves, too."""
    shape = laboratory.tape.shape(state)
    if len(shape) < 2 or shape[-2] < 2 or not _is_made_of_it(laboratory.tape, state, became):
        return False
    chosen, axis = (0, shape[-2] - 1), len(shape) - 2
    runs = [laboratory.with_slice_changed(state, axis, row) for row in chosen]
    masks = [laboratory.moved(run, became) for run in runs if run is not None]
    known = [mask for mask in masks if mask is not None]
    return len(known) == 2 and not apart(known, chosen, shape[-2])


def _is_made_of_it(tape: Tape, state: int, became: int) -> bool:
    """True where more than one call lies between, and no parameter: one has no room to mix."""
    between = tape.ancestors(became) & tape.descendants(frozenset((state,)))
    calls = {tape.producer[s].number: tape.producer[s] for s in between - {state}}
    return len(calls) > 1 and all(tape.parameters.isdisjoint(c.inputs) for c in calls.values())
