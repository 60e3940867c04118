"""A program of a test is run, and its recorded steps are looked at, or asked every question."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rnnscope.experiments.budget import Budget
from rnnscope.questions.inquiry import Fact, Inquiry
from rnnscope.recording.recorder import RECORDER
from rnnscope.recording.subscriber import Subscriber
from rnnscope.recording.tape import Tape

Program = Callable[[], None]


class Steps(Subscriber):
    """Hands each recorded step to a function, while its parameters are as they were."""

    def __init__(self, look: Callable[[Tape], None]) -> None:
        self.look = look

    def step_ended(self, tape: Tape) -> None:
        self.look(tape)


@contextmanager
def steps(look: Callable[[Tape], None]) -> Iterator[None]:
    """Record a block, and nothing fails that is rnnscope's own."""
    listener = Steps(look)
    RECORDER.failures.clear()
    RECORDER.subscribe(listener)
    RECORDER.enter_thread()
    try:
        yield
    finally:
        RECORDER.leave_thread()
        RECORDER.unsubscribe(listener)
    assert RECORDER.failures == {}


def recorded(program: Program) -> list[Tape]:
    """The steps of training of a program."""
    tapes: list[Tape] = []
    with steps(tapes.append):
        program()
    return [tape for tape in tapes if tape.loss is not None]


def asked(program: Program) -> list[Fact]:
    """What all questions answer, with all the time that they want."""
    facts: list[Fact] = []
    inquiry = Inquiry(facts.append, Budget(began=float("-inf")))
    with steps(inquiry.step):
        program()
    inquiry.end()
    assert inquiry.failures == {}
    assert (inquiry.unfaithful, inquiry.unasked) == (0, 0)
    return facts


def facts(program: Program) -> list[tuple[type, str]]:
    """What is answered: the kind of each fact, and its line within the program."""
    found = ((type(fact.subject), _line(fact.subject, program)) for fact in asked(program))
    return list(dict.fromkeys(found))


def _line(subject: Any, program: Program) -> str:
    source, first = inspect.getsourcelines(program)
    line: int = subject.location.line
    return source[line - first].strip()
