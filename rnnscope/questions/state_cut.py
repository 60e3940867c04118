"""Does a gradient go back from one step of a loop to the step before?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rnnscope.experiments.roles import is_one_step, state_slots
from rnnscope.experiments.starts import left_slots
from rnnscope.questions.cut_off import in_reach
from rnnscope.recording.tape import LOOP, Call, Tape
from rnnscope.subjects.facts import StateCut


def states_cut(tape: Tape) -> Iterator[StateCut]:
    """Layers of single steps that hand their state on without gradients in every step.

    Only where the loss learns from the last step alone: with a loss in each, cutting the way back
    after one step may be meant. What reads the same input again and again does not step over time.
    """
    if tape.loss is None:
        return
    reached, wanted = in_reach(tape, (tape.loss,)), tape.ancestors(tape.loss)
    calls: dict[int, list[Call]] = {}
    for call in tape.recurrent:
        if call.layer is not None and call.grad and not wanted.isdisjoint(call.results):
            calls.setdefault(call.layer.name, []).append(call)
    for own in calls.values():
        layer = own[0].layer
        heard = [call for call in own if not reached.isdisjoint(call.results)]
        if layer is None or len(own) < LOOP or heard != own[-1:] or not _is_loop(tape, own):
            continue
        cuts = [_cut(tape, *pair) for pair in pairwise(own)]
        if cuts[0] is not None and None not in cuts:
            cut = cuts[0]
            yield StateCut(
                layer.kind, cut.name, len(own), cut.location, own[0].location, layer.built_at
            )


def _is_loop(tape: Tape, calls: Sequence[Call]) -> bool:
    """True for single steps that read something new each time."""
    read = [tape.values[call.inputs[0]] for call in calls]
    known = [value for value in read if value is not None]
    new = len(known) == len(read) and not any(one is two for one, two in pairwise(known))
    return new and all(is_one_step(tape, call) and _learns(tape, call) for call in calls)


def _learns(tape: Tape, call: Call) -> bool:
    return all(
        value is not None and value.requires_grad
        for value in map(tape.values.__getitem__, call.results)
    )


def _cut(tape: Tape, before: Call, after: Call) -> Call | None:
    """The call that takes the gradient away between two steps, where one is handed to the other."""
    left = frozenset(left_slots(before))
    made = [slot for slot in state_slots(after) if not tape.ancestors(slot).isdisjoint(left)]
    if not made or not in_reach(tape, made).isdisjoint(before.results):
        return None
    handed = frozenset().union(*map(tape.ancestors, made)) & tape.descendants(left)
    return next(
        (c for c in tape.path(before) if c is not before and not handed.isdisjoint(c.results)), None
    )
