"""Does a gradient go back from one step of a loop to the step before?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rnnscope.experiments.roles import is_one_step
from rnnscope.questions.cut_off import in_reach
from rnnscope.recording.tape import LOOP, RECURRENT_KERNELS, Call, Tape
from rnnscope.subjects.facts import StateCut


def states_cut(tape: Tape) -> Iterator[StateCut]:
    """Loops over steps that hand their state on without gradients in every step.

    Only where the loss learns from the last step alone: with a loss in each, cutting the way back
    after one step may be meant.
    """
    if tape.loss is None:
        return
    reached, wanted = in_reach(tape, (tape.loss,)), tape.ancestors(tape.loss)
    for own in _loops(tape):
        heard = [call for call in own if not reached.isdisjoint(call.results)]
        if heard != own[-1:] or not all(_learns(tape, call) for call in own):
            continue
        cuts = [_cut(tape, *pair) for pair in pairwise(own)]
        if wanted.isdisjoint(own[0].results) or None in cuts or not _read_on(tape, own):
            continue
        first, cut = own[0], cuts[0]
        assert cut is not None
        layer = first.layer
        kind, built = (layer.kind, layer.built_at) if layer is not None else ("loop", None)
        yield StateCut(kind, cut.name, len(own), cut.location, first.location, built)
        return


def _loops(tape: Tape) -> Iterator[list[Call]]:
    """The calls of each layer of single steps, and those that read one parameter, step by step."""
    calls: dict[object, list[Call]] = {}
    for call in tape.recurrent:
        if call.layer is not None and is_one_step(tape, call):
            calls.setdefault(call.layer.name, []).append(call)
    for parameter in tape.parameters:
        users = tape.users.get(parameter, ())
        if not any(c.name in RECURRENT_KERNELS or len(tape.shape(c.results[0])) > 2 for c in users):
            calls[tuple(call.number for call in users)] = list(users)
    yield from (own for own in calls.values() if len(own) >= LOOP)


def _learns(tape: Tape, call: Call) -> bool:
    values = [tape.values[slot] for slot in call.results]
    return call.grad and all(value is not None and value.requires_grad for value in values)


def _cut(tape: Tape, before: Call, after: Call) -> Call | None:
    """The call that takes the gradient away between two steps, where one is handed to the other."""
    left = tape.descendants(frozenset(before.results))
    made = left.intersection(after.inputs)
    if not made or not in_reach(tape, made).isdisjoint(before.results):
        return None
    handed = frozenset[int]().union(*map(tape.ancestors, made)) & left
    for call in tape.path(before):
        values = [tape.values[slot] for slot in handed.intersection(call.results)]
        if values and any(value is not None and not value.requires_grad for value in values):
            return call
    return None


def _read_on(tape: Tape, calls: Sequence[Call]) -> bool:
    """True for steps that read more of the data each time: what is refined reads it once.

    Data are there before the loop begins; noise is drawn in it.
    """
    first = calls[0].number
    makers = {slot: tape.producer.get(slot) for slot in tape.begun - tape.parameters}
    there = {slot for slot, made in makers.items() if made is None or made.number < first}
    data = tape.descendants(frozenset(there)) - tape.learnt
    seen = [frozenset[int]().union(*map(tape.ancestors, call.inputs)) & data for call in calls]
    return sum(bool(after - before) for before, after in pairwise(seen)) >= LOOP - 1
