"""Every question, asked of recorded steps as the budget allows, and of the last one at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import torch

from rnnscope.experiments.budget import Budget, OutOfBudgetError, OutOfReplaysError
from rnnscope.experiments.faithful import is_faithful
from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.meeting import meetings
from rnnscope.experiments.padding import Ragged, ragged
from rnnscope.experiments.replay import quietly
from rnnscope.findings import Location
from rnnscope.questions.asked import (
    Hearing,
    hearings,
    is_behind,
    of_the_samples,
    of_the_step,
    places_of,
)
from rnnscope.questions.axis_torn import axes_torn, classes_torn
from rnnscope.questions.cut_off import CutOffs
from rnnscope.questions.dropout_always_on import dropouts_always_on
from rnnscope.questions.lengths_agree import lengths_agree, lengths_counted
from rnnscope.questions.pairs_disordered import pairs_disordered
from rnnscope.questions.random_state import RandomStarts
from rnnscope.questions.result_constant import ConstantResults
from rnnscope.questions.shares_elsewhere import shares_elsewhere
from rnnscope.questions.slice_read import SlicesRead
from rnnscope.questions.state_averaged import Way, states_averaged
from rnnscope.questions.state_carried import Carrying
from rnnscope.questions.state_dropped import Dropped
from rnnscope.questions.state_left_behind import LeftBehind
from rnnscope.questions.states_crossed import Crossed
from rnnscope.questions.target_read import targets_read
from rnnscope.questions.training_mode import evaluated_in_training
from rnnscope.questions.weights_idle import WeightsIdle
from rnnscope.recording.tape import Tape
from rnnscope.recording.threads import runs_alone
from rnnscope.subjects.experiment_results import RandomState
from rnnscope.subjects.facts import SliceRead

_STEPS = 3  # steps of one kind that are asked: the later ones are like them
_KEPT_BYTES = 32 << 20  # of a step that waits for the end, parameters included


@dataclass(frozen=True, slots=True)
class Fact:
    """A subject for rules, and the lines of the program that it is about: its cause."""

    subject: object
    lines: frozenset[Location]


@dataclass(slots=True)
class Inquiry:
    """The questions of one watch."""

    report: Callable[[Fact], None]
    budget: Budget = field(default_factory=Budget)
    unfaithful: int = 0
    unasked: int = 0
    _said: set[object] = field(default_factory=set)
    _trained: set[int] = field(default_factory=set)
    _asked: dict[object, int] = field(default_factory=dict)
    _needed: dict[object, float] = field(default_factory=dict)  # seconds, where some were too few
    _waiting: dict[object, Tape] = field(default_factory=dict)
    _carrying: Carrying = field(default_factory=Carrying)
    _left: LeftBehind = field(default_factory=LeftBehind)
    _dropped: Dropped = field(default_factory=Dropped)
    _starts: RandomStarts = field(default_factory=RandomStarts)
    _crossed: Crossed = field(default_factory=Crossed)
    cuts: CutOffs = field(default_factory=CutOffs)
    failures: dict[str, int] = field(default_factory=dict)
    slices: SlicesRead = field(default_factory=SlicesRead)
    idle: WeightsIdle = field(default_factory=WeightsIdle)
    _constant: ConstantResults = field(default_factory=ConstantResults)

    @property
    def has_asked(self) -> bool:
        """True when every question was asked of a step."""
        return bool(self._asked)

    def step(self, tape: Tape) -> None:
        """A recorded step is over."""
        for fact in evaluated_in_training(tape, frozenset(self._trained)):
            self.report(Fact(fact, frozenset()))
        for dropout in dropouts_always_on(tape):
            self._report(dropout, frozenset())
        if tape.loss is not None:
            self._trained.update(c.layer.name for c in tape.recurrent if c.layer and c.grad)
        if not _has_values(tape):
            return
        self._follow(tape)
        if not tape.steps_over_time:
            return
        kind = _kind(tape)
        if self._asked.get(kind, 0) >= _STEPS:
            return
        # A replay puts the random stream back, which another thread may be drawing from.
        if self.budget.left <= self._needed.get(kind, 0.0) or not runs_alone():
            self._wait(kind, tape)
            return
        spent = self.budget.spent
        try:
            with self.budget.spending():
                self._ask(tape, self._carrying.ways)
            self._waiting.pop(kind, None)
            self._asked[kind] = self._asked.get(kind, 0) + 1
            if self._asked[kind] == _STEPS:
                self._report_slices()
        except OutOfBudgetError:
            self._needed[kind] = 2 * (self.budget.spent - spent)
            self._wait(kind, tape)
        except Exception as error:
            self._failed(error)

    @property
    def carries(self) -> bool:
        """True where the last step of training began from the states of the one before."""
        return bool(self._carrying.ways)

    def end(self) -> None:
        """The program is over: ask what there was no time for."""
        self.budget.ended = True
        self.unasked += self._catch_up()
        self._report_slices()
        for idle in self.idle.facts():
            self._report(idle, places_of((idle.location, idle.built_at)))
        for question in (
            self._carrying,
            self._dropped,
            self._starts,
            self.cuts,
            self._constant,
        ):
            for subject in question.end():
                self._report(subject, frozenset())

    def so_far(self) -> Iterator[Fact]:
        """Somebody asks before the end: what only the end makes certain, as it looks now."""
        if runs_alone():
            self.budget.ended = True
            self._catch_up()
            self.budget.ended = False
        yield from map(_of_slice, self.slices.facts())

    def _catch_up(self) -> int:
        """Ask the steps that wait. Returns for how many there was no time."""
        unasked = 0
        for tape in self._waiting.values():
            try:
                with self.budget.spending():
                    self._ask(tape)
            except OutOfBudgetError:
                unasked += 1
            except Exception as error:
                self._failed(error)
        self._waiting.clear()
        return unasked

    def _report_slices(self) -> None:
        """What was read in every step so far: after some of a kind the next are like them."""
        for fact in map(_of_slice, self.slices.facts()):
            self._report(fact.subject, fact.lines)

    def _follow(self, tape: Tape) -> None:
        """What goes on from step to step is looked at in every one; nothing is tried for it."""
        try:
            with torch.no_grad():
                for question in (self._left, self._carrying, self._crossed):
                    for subject in question.step(tape):
                        self._report(subject, frozenset())
                self._dropped.step(tape)
                self._starts.step(tape)
                self.cuts.step(tape)
        except Exception as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        """A mistake of rnnscope's own is counted."""
        self.failures[repr(error)] = self.failures.get(repr(error), 0) + 1

    def _wait(self, kind: object, tape: Tape) -> None:
        """Keep a small step for the end; its parameters are about to change."""
        if kind in self._waiting or _bytes(tape) > _KEPT_BYTES:
            return
        with quietly():
            values = tuple(
                value.detach().clone().requires_grad_()
                if slot in tape.parameters and value is not None
                else value.detach()
                if value is not None
                else None
                for slot, value in enumerate(tape.values)
            )
        self._waiting[kind] = replace(tape, values=values)

    def _ask(self, tape: Tape, carried: tuple[Way, ...] = ()) -> None:
        if not is_faithful(tape):
            self.unfaithful += 1
            return
        laboratory = Laboratory(tape, self.budget)
        padded, heard = ragged(laboratory), list[Hearing]()
        questions: tuple[Callable[[], object], ...] = (
            lambda: self._constant.ask(laboratory),
            lambda: self._ask_step(laboratory, carried),
            lambda: self.slices.ask(laboratory),
            lambda: heard.extend(hearings(laboratory)),
            lambda: self._ask_samples(laboratory, heard, padded),
            lambda: self._ask_targets(laboratory, heard),
            lambda: self._ask_lengths(laboratory, padded),
            lambda: self.idle.ask(laboratory),
        )
        for question in questions:
            with suppress(OutOfReplaysError):
                question()

    def _ask_step(self, laboratory: Laboratory, carried: tuple[Way, ...]) -> None:
        """What needs no prediction."""
        for subject in (*of_the_step(laboratory), *states_averaged(laboratory, carried)):
            if isinstance(subject, RandomState) and not subject.evaluated:
                self._starts.hold(subject)
            else:
                self._report(subject, _line_of(subject))

    def _ask_samples(
        self, laboratory: Laboratory, heard: Sequence[Hearing], padded: Sequence[Ragged]
    ) -> None:
        """What happens to the samples; of what a tear leads to, the tear alone is told."""
        torn = tuple(axes_torn(laboratory)) or tuple(classes_torn(laboratory))
        mixed: set[Location] = set()
        for lines, subject in of_the_samples(laboratory, heard, padded):
            if not is_behind(subject, lines, torn):
                self._report(subject, lines)
                mixed |= _line_of(subject)
        self._report_each(tear for tear in torn if tear.location not in mixed)

    def _ask_targets(self, laboratory: Laboratory, heard: Sequence[Hearing]) -> None:
        """What is said of data that predictions are compared with, or that are compared alone."""
        met = [hearing.meeting for hearing in heard]
        for seen in targets_read(laboratory, met):
            self._report(seen, frozenset())
        if not meetings(laboratory.tape):
            self._report_each(pairs_disordered(laboratory))
        self._report_each(shares_elsewhere(laboratory, met))

    def _ask_lengths(self, laboratory: Laboratory, padded: Sequence[Ragged]) -> None:
        """What is said of lengths, for all that follows from them."""
        for call, fact in tuple(lengths_agree(laboratory, padded)) or lengths_counted(laboratory):
            self._report(fact, places_of(c.location for c in laboratory.tape.path(call)))

    def _report_each(self, subjects: Iterable[object]) -> None:
        for subject in subjects:
            self._report(subject, _line_of(subject))

    def _report(self, subject: object, lines: frozenset[Location]) -> None:
        """Tell of a fact, once for each line."""
        key = type(subject), getattr(subject, "location", None), getattr(subject, "evaluated", 0)
        if key not in self._said:
            self._said.add(key)
            self.report(Fact(subject, lines))


def _line_of(subject: object) -> frozenset[Location]:
    return places_of([getattr(subject, "location", None)])


def _of_slice(read: SliceRead) -> Fact:
    return Fact(read, places_of((read.location, read.called_at, read.built_at)))


def _has_values(tape: Tape) -> bool:
    """False on the meta device, and while a CUDA graph is captured, which a look would end."""
    if torch.cuda.is_available() and torch.cuda.is_current_stream_capturing():
        return False
    return not any(value is not None and value.is_meta for value in tape.values)


def _kind(tape: Tape) -> object:
    """What makes two steps alike: the lines of their calls, in order, and what they train."""
    return tape.loss is None, tuple(dict.fromkeys(call.location for call in tape.calls))


def _bytes(tape: Tape) -> int:
    tensors = [value for value in tape.values if value is not None and not value.is_sparse]
    return sum(value.numel() * value.element_size() for value in tensors)
