"""Which questions there are: of one recorded step, and of each prediction in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.meeting import Meeting, meetings
from rnnscope.experiments.padding import Ragged
from rnnscope.experiments.roles import data_of
from rnnscope.experiments.samples import Separation
from rnnscope.findings import Location
from rnnscope.questions.axis_split import axes_split
from rnnscope.questions.class_axis import class_axis
from rnnscope.questions.features_stepped import features_stepped
from rnnscope.questions.future_read import future_read
from rnnscope.questions.learnt_rows import learnt_rows
from rnnscope.questions.like_with_like import like_with_like, lists_alike
from rnnscope.questions.padding_counted import padding_counted
from rnnscope.questions.padding_read import answers, padding_read
from rnnscope.questions.random_state import random_states
from rnnscope.questions.result_unused import results_unused
from rnnscope.questions.rows_left import rows_left
from rnnscope.questions.rows_stepped import rows_stepped
from rnnscope.questions.samples_mixed import (
    samples_mixed,
    separations,
    separations_without_targets,
)
from rnnscope.questions.state_axes import state_axes
from rnnscope.questions.state_borrowed import borrowed_states
from rnnscope.questions.state_cut import states_cut
from rnnscope.questions.state_handed_on import states_never_handed_on
from rnnscope.questions.stream_cut import streams_cut
from rnnscope.recording.tape import Call
from rnnscope.subjects.experiment_results import Disorder, Foresight, Leak
from rnnscope.subjects.facts import AxisTorn, OthersTarget


@dataclass(frozen=True, slots=True)
class Hearing:
    """One meeting of predictions and targets, the calls that led there, and what was tried."""

    meeting: Meeting
    calls: tuple[Call, ...]
    separations: tuple[Separation, ...]


def hearings(laboratory: Laboratory) -> Iterator[Hearing]:
    """Every meeting of a tape, with what happens to its samples on the way."""
    tape = laboratory.tape
    for meeting in meetings(tape):
        calls = (*tape.leading_to(meeting.prediction), meeting.call)
        yield Hearing(meeting, calls, tuple(separations(laboratory, meeting)))


def of_the_step(laboratory: Laboratory) -> Iterator[object]:
    """Facts that need no prediction."""
    tape = laboratory.tape
    yield from results_unused(tape)
    yield from states_never_handed_on(tape)
    yield from states_cut(tape)
    yield from streams_cut(tape)
    yield from rows_left(tape)
    yield from borrowed_states(tape)
    yield from random_states(laboratory)
    yield from learnt_rows(laboratory)
    yield from axes_split(laboratory)
    yield from features_stepped(laboratory)
    yield from rows_stepped(laboratory)
    yield from state_axes(laboratory)


def without_targets(
    laboratory: Laboratory, padded: Sequence[Ragged]
) -> Iterator[tuple[frozenset[Location], object]]:
    """Facts about what a step says of its samples, though it compares it with no data."""
    for known in padded:
        for slot in answers(laboratory, known):
            lines = places_of(call.location for call in laboratory.tape.leading_to(slot))
            yield from ((lines, fact) for fact in padding_read(laboratory, slot, known))
    for slot, tried in separations_without_targets(laboratory):
        lines = places_of(call.location for call in laboratory.tape.leading_to(slot))
        yield from ((lines, fact) for fact in samples_mixed(laboratory, slot, tried))


def of_the_samples(
    laboratory: Laboratory, heard: Sequence[Hearing], padded: Sequence[Ragged]
) -> Iterator[tuple[frozenset[Location], object]]:
    """What happens to samples on their way, each fact with the lines of this way."""
    for hearing in heard:
        lines = places_of(call.location for call in hearing.calls)
        yield from ((lines, fact) for fact in of_a_meeting(laboratory, hearing, padded))
    if not meetings(laboratory.tape):
        yield from without_targets(laboratory, padded)


def of_a_meeting(
    laboratory: Laboratory, hearing: Hearing, padded: Sequence[Ragged]
) -> Iterator[object]:
    """Facts about one prediction and its target."""
    meeting = hearing.meeting
    yield from future_read(laboratory, meeting)
    for tried in hearing.separations:
        yield from samples_mixed(laboratory, meeting.prediction, tried)
        yield from like_with_like(laboratory, meeting, tried)
    yield from class_axis(laboratory, meeting)
    yield from padding_counted(laboratory, meeting, padded)
    made_of = data_of(laboratory.tape, meeting.prediction)
    for known in padded:
        if known.slot in made_of:
            yield from padding_read(laboratory, meeting.prediction, known)
            if not hearing.separations:
                yield from lists_alike(laboratory, meeting, known)


def is_behind(subject: object, lines: frozenset[Location], torn: Sequence[AxisTorn]) -> bool:
    """True for samples and steps that meet because an axis was torn, at another line."""
    places = {tear.location for tear in torn if tear.location in lines}
    if not places or not isinstance(subject, Leak | Foresight | OthersTarget | Disorder):
        return False
    return not (isinstance(subject, Leak) and subject.regroups and subject.location in places)


def places_of(places: Iterable[Location | None]) -> frozenset[Location]:
    """The lines among these: not every call has one."""
    return frozenset(place for place in places if place is not None)
