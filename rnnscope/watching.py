"""Watch a program run: ``with rnnscope.watch() as seen:``, or ``@rnnscope.watch()``.

    with rnnscope.watch() as seen:
        train_one_batch()
    seen.findings

At the end the report is printed to standard error, with ``show=False`` it is not. Everything is
restored then, also after an exception; nothing of the user's is changed.
Watches nest: one recording serves all of them, and each finds what it would find alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import ContextDecorator
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rnnscope.console import findings_text, write_between
from rnnscope.failures import explained, failure_of, text_of
from rnnscope.findings import Finding, Location, Severity
from rnnscope.repair import completed
from rnnscope.results import Outcome
from rnnscope.rules import examine
from rnnscope.running import notebook
from rnnscope.selection import Selection
from rnnscope.subjects import LayerCall
from rnnscope.summary import WatchSummary, last_line
from rnnscope.unobserved import listen

if TYPE_CHECKING:
    from rnnscope.gating import Gates
    from rnnscope.gating.watched import WatchedGates
    from rnnscope.recording.writing import Writer
    from rnnscope.report import Report
    from rnnscope.session import Session


class Watch(ContextDecorator):
    """What ``watch`` returns: a context manager and a decorator that collects findings.

    ``findings`` and ``report`` may be asked at any time, also after the end. ``last_call`` is the
    call of a recurrent layer that did not return, if there is one.

    ``reporter`` is for one whose owner tells of everything that is found, as ``run`` and pytest do:
    while it is open no watch shows anything. ``on_errors`` is called after each step with the
    errors that have become certain in it.
    """

    _reporters = 0  # that are open

    def __init__(
        self,
        selection: Selection,
        probe: bool = True,
        show: bool = True,
        gates: bool = False,
        reporter: bool = False,
        on_errors: Callable[[tuple[Finding, ...]], None] | None = None,
    ) -> None:
        self.selection = selection
        self.probe = probe
        self.show = show and not reporter
        self.reporter = reporter
        self.on_errors = on_errors
        self.read_gates = gates
        self.gates: Gates | None = None
        self._reading: WatchedGates | None = None
        self.outcome = Outcome()
        self._told: dict[tuple[str, Location | None], Finding] = {}
        self._shown: set[tuple[str, Location | None]] | None = None
        self.last_call: LayerCall | None = None
        self.last_returned: LayerCall | None = None
        self._found: dict[tuple[str, Location | None], Finding] = {}
        self._depth = 0
        self.session: Session | None = None
        self._counted: Mapping[str, Any] = {}
        self.summary: WatchSummary | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found so far: one finding for each code and line, with its count."""
        found = self._found if self.session is None else self._so_far(self.session)
        return completed(self.selection.keep(tuple(found.values())))

    def _so_far(self, session: Session) -> dict[tuple[str, Location | None], Finding]:
        from rnnscope.questions.precedence import verdicts

        return verdicts(self._found, (), [*session.facts, *session.inquiry.so_far()])

    @property
    def report(self) -> Report:
        """The findings as a Report, which prints itself and has the data of ``run``."""
        from rnnscope.report import Report

        torch = sys.modules.get("torch")
        return Report(
            findings=self.findings,
            torch=torch.__version__ if torch else None,
            outcome=self.outcome,
            watched=self.session.summary if self.session is not None else self.summary,
        )

    @property
    def statistics(self) -> Mapping[str, Any]:
        """How much was recorded: steps, the calls on their tapes, and how often they were run."""
        return self.session.statistics if self.session is not None else self._counted

    def __repr__(self) -> str:
        return f"<Watch {self.report.in_a_line()}>"

    def __str__(self) -> str:
        return str(self.report)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What IPython shows of a watch is its report."""
        return self.report._repr_mimebundle_()

    def found(self, finding: Finding) -> None:
        """Keep a finding; the same code at the same line only raises the count."""
        key = (finding.code, finding.location)
        known = self._found.get(key)
        self._found[key] = (
            finding if known is None else replace(known, count=known.count + finding.count)
        )

    def __enter__(self) -> Watch:
        from rnnscope.recording.recorder import RECORDER
        from rnnscope.session import Session

        if self._depth == 0:
            self.session = Session(examine, self.found, self.probe, self._settled)
            self.session.begin()
            self._begin_gates()
            self._forget = listen(self.found)
            Watch._reporters += self.reporter
        self._depth += 1
        RECORDER.enter_thread()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exception: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        from rnnscope.recording.recorder import RECORDER

        self.on_errors = None  # what is found from here on is told by the report
        writer = RECORDER.writer
        RECORDER.leave_thread()
        session = self.session
        if session is None:
            return
        self._depth -= 1
        try:
            if exception is not None:
                self.outcome = Outcome(type(exception).__name__, text_of(exception))
            if isinstance(exception, Exception):
                self._explain(exception, session, writer)
        finally:
            if self._depth == 0:
                self._end(session)
        if self._depth == 0 and not self._show() and isinstance(exception, Exception):
            self._note(exception)

    def _settled(self) -> None:
        """A step is over: tell of the errors in it that nothing can take away any more."""
        from rnnscope.questions.precedence import verdicts

        session, tell = self.session, self.on_errors
        if tell is None or session is None:
            return
        standing = verdicts(self._found, (), session.facts)
        fresh = {
            key: finding
            for key, finding in standing.items()
            if finding.severity is Severity.ERROR
            and (key in self._found or session.known_from_all_sides)
            and key not in self._told
        }
        self._told |= fresh
        if wanted := completed(self.selection.keep(fresh.values())):
            tell(wanted)

    def _end(self, session: Session) -> None:
        from rnnscope.questions.precedence import verdicts

        Watch._reporters -= self.reporter
        session.end()
        self._end_gates()
        self._forget()
        self._found = verdicts(self._found, session.histories.observed(), session.facts)
        self._found = {**self._told, **self._found}
        for failure in session.warnings:
            for finding in explained(failure, tuple(self._found.values())):
                self.found(finding)
        self._counted, self.summary, self.session = self.statistics, session.summary, None

    def _begin_gates(self) -> None:
        from rnnscope.recording.recorder import RECORDER

        if self.read_gates:
            from rnnscope.gating.watched import WatchedGates

            self._reading = WatchedGates()
            RECORDER.subscribe(self._reading)

    def _end_gates(self) -> None:
        from rnnscope.recording.recorder import RECORDER

        if self._reading is not None:
            RECORDER.unsubscribe(self._reading)
            self.gates = self._reading.gates
            for finding in self._reading.findings:
                self.found(finding)
            self._reading = None

    def _show(self) -> bool:
        """Show what was not shown before, where a person reads it. True when that was done."""
        if not self.show or Watch._reporters or self.summary is None or sys.stderr is None:
            return False
        if notebook.show(self.report):
            return False
        fresh = [f for f in self.findings if (f.code, f.location) not in (self._shown or ())]
        if fresh or self._shown is None:
            line = last_line(fresh, "the watched code", self.summary)
            text = findings_text(fresh, sys.stderr, self.summary) if fresh else ""
            write_between(sys.stderr, f"{text}\n\n{line}" if text else line)
        self._shown = {(finding.code, finding.location) for finding in self.findings}
        return bool(fresh)

    def _explain(self, exception: Exception, session: Session, writer: Writer | None) -> None:
        """What the rules say of an exception goes into the findings and below its traceback.

        Only an exception that leaves the watch is a mistake: one that the program handles is not.
        """
        self.last_returned = session.last_returned
        self.last_call, findings = session.failed_call(exception, writer)
        for finding in findings:
            self.found(finding)
        failure = failure_of(exception, self.last_call, self.last_returned)
        for finding in explained(failure, self.findings):
            self.found(finding)

    def _note(self, exception: Exception) -> None:
        """The findings below the traceback, where nothing else shows them."""
        note = getattr(exception, "add_note", lambda text: None)  # new in Python 3.11
        for finding in self.findings:
            remedy = finding.repair.text if finding.repair else finding.fix or ""
            if finding.severity.counts:
                note("\n  ".join([f"rnnscope: {finding}", *remedy.splitlines()]))


def watch(
    *,
    select: str | Iterable[str] | None = None,
    ignore: str | Iterable[str] | None = None,
    probe: bool = True,
    show: bool = True,
    gates: bool = False,
) -> Watch:
    """Watch the code of a ``with`` block, or of a decorated function, for RNN mistakes.

    ``select`` and ``ignore`` are codes or their beginnings, as ``"RNN2,RNN401"``; what is not given
    comes from ``[tool.rnnscope]`` of the nearest pyproject.toml. With ``probe`` recorded
    steps are run again with something changed. With ``show`` the report is printed to standard
    error at the end, in a notebook below the cell; a function that is called again shows what is
    new. With ``gates`` torch's recurrent layers are run a second time at the end of each recorded
    step, and ``seen.gates`` tells afterwards what their gates did. Raises UnknownNameError for a
    code that no rule has.

    >>> with watch(show=False) as seen:
    ...     pass
    >>> seen.findings
    ()
    """
    return Watch(Selection.configured(_texts(select), _texts(ignore)), probe, show, gates)


def _texts(value: str | Iterable[str] | None) -> Iterable[str] | None:
    return [value] if isinstance(value, str) else value
