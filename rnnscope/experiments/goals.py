"""What a step is for: its loss and its predictions, or, where nothing is trained, its answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rnnscope.experiments.meeting import meetings
from rnnscope.recording.tape import RECURRENT_KERNELS, Call, Tape, storage_of


@dataclass(frozen=True, slots=True)
class Goals:
    """Slots that a step ends in.

    ``wanted`` are what it is for, ``predictions`` the parts of it that are judged one by one, and
    ``answers`` what is compared with targets there. ``others`` are what else was made of what is
    learnt, or looked at: somebody may use them.
    """

    wanted: tuple[int, ...]
    predictions: tuple[tuple[int, ...], ...]
    answers: tuple[int, ...]
    others: tuple[int, ...]


def goals(tape: Tape) -> Goals:
    """The goals of a step; without any nothing can be said of what it reads."""
    raw = _raw(tape)
    others = tuple(sorted({*_ends(tape, raw), *tape.looked_at}))
    if tape.loss is not None:
        met = meetings(tape)
        errors = tuple(meeting.call.results[:1] for meeting in met) or ((tape.loss,),)
        return Goals((tape.loss,), errors, tuple(m.prediction for m in met), others)
    answers = tuple(_answers(tape, raw))
    return Goals(answers, (answers,), answers, others)


def _ends(tape: Tape, raw: frozenset[int]) -> Iterator[int]:
    """What is learnt and was read by nothing later, without pieces of results themselves."""
    pieces = {storage_of(tape.values[slot]) for slot in raw}
    for slot in tape.learnt - tape.parameters - raw:
        if slot not in tape.users and storage_of(tape.values[slot]) not in pieces:
            yield slot


def _raw(tape: Tape) -> frozenset[int]:
    """What recurrent layers return. Of a loop over a cell the first call leads to the others."""
    found: set[int] = set()
    for call in tape.recurrent:
        if not found.issuperset(call.results):
            found |= raw_results(tape, call)
    return frozenset(found)


def raw_results(tape: Tape, call: Call) -> frozenset[int]:
    """What a recurrent layer returns: its kernel's results, as its own forward orders them."""
    found = set(call.results)
    for later in tape.calls[call.number + 1 :]:
        if later.place is None or later.place != call.place or found.isdisjoint(later.inputs):
            break
        found.update(later.results)
    return frozenset(found)


def _answers(tape: Tape, raw: frozenset[int]) -> Iterator[int]:
    """Numbers that a layer has made of what a recurrent one gave it, and of which no more are."""
    reached = tape.descendants(raw)
    layers = (call for call in tape.calls if not tape.parameters.isdisjoint(call.inputs))
    heads = (
        call
        for call in layers
        if call.name not in RECURRENT_KERNELS and not reached.isdisjoint(call.inputs)
    )
    made = tape.descendants(frozenset(slot for head in heads for slot in head.results))
    for slot in sorted(made - raw):
        later = (result for user in tape.users.get(slot, ()) for result in user.results)
        if _is_number(tape, slot) and not any(_is_number(tape, result) for result in later):
            yield slot


def _is_number(tape: Tape, slot: int) -> bool:
    value = tape.values[slot]
    return value is not None and value.is_floating_point()


def heads(tape: Tape) -> tuple[int, ...]:
    """What the last layers on the way to the goals give: no parameter is used behind them."""
    wanted = goals(tape).wanted
    path = [call for slot in wanted for call in tape.leading_to(slot)]
    layers = [call for call in path if not tape.parameters.isdisjoint(call.inputs)]
    used = {slot for call in layers for given in call.inputs for slot in tape.ancestors(given)}
    led = frozenset[int]().union(*map(tape.ancestors, wanted))
    return tuple({s: 0 for call in layers for s in call.results if s in led and s not in used})
