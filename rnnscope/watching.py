"""Watch a program run: ``with rnnscope.watch() as seen:``, or ``@rnnscope.watch()``.

    with rnnscope.watch() as seen:
        train_one_batch()
    seen.findings

Everything is restored at the end, also after an exception; nothing of the user's is changed.
Watches nest: one recording serves all of them, and each finds what it would find alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ContextDecorator
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rnnscope.aside import listen
from rnnscope.failures import explained, failure_of
from rnnscope.findings import Finding, Location
from rnnscope.repair import completed
from rnnscope.rules import examine
from rnnscope.running import notebook
from rnnscope.selection import Selection
from rnnscope.subjects import LayerCall
from rnnscope.summary import WatchSummary

if TYPE_CHECKING:
    from rnnscope.report import Report
    from rnnscope.session import Session


class Watch(ContextDecorator):
    """What ``watch`` returns: a context manager and a decorator that collects findings.

    ``findings`` and ``report`` may be asked at any time, also after the end. ``last_call`` is the
    call of a recurrent layer that did not return, if there is one.
    """

    def __init__(self, selection: Selection, probe: bool = True) -> None:
        self.selection = selection
        self.probe = probe
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
        return completed(self.selection.keep(tuple(self._found.values())))

    @property
    def report(self) -> Report:
        """The findings as a Report, which prints itself."""
        from rnnscope.report import Report

        return Report(findings=self.findings)

    @property
    def statistics(self) -> Mapping[str, Any]:
        """How much could be followed: functions traced, and those that have no rule."""
        live = self.session
        return live.tracer.propagation.statistics.to_dict() if live is not None else self._counted

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
            self.session = Session(examine, self.found, self.probe)
            self.session.begin()
            self._forget = listen(self.found)
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

        RECORDER.leave_thread()
        session = self.session
        if session is None:
            return
        self._depth -= 1
        try:
            if isinstance(exception, Exception):
                self._explain(exception, session)
        finally:
            if self._depth == 0:
                self._end(session, exception)

    def _end(self, session: Session, exception: BaseException | None) -> None:
        from rnnscope.questions.precedence import verdicts

        session.end()
        self._forget()
        self._found = verdicts(
            self._found, session.histories.observed(), session.facts, session.acquitted
        )
        for failure in session.warnings:
            for finding in explained(failure, tuple(self._found.values())):
                self.found(finding)
        self._counted, self.summary, self.session = self.statistics, session.summary, None
        notebook.show(self.report)

    def _explain(self, exception: Exception, session: Session) -> None:
        """What the rules say of an exception goes into the findings and below its traceback.

        Only an exception that leaves the watch is a mistake: one that the program handles is not.
        """
        self.last_returned = session.last_returned
        self.last_call, findings = session.failed_call(exception)
        for finding in findings:
            self.found(finding)
        failure = failure_of(exception, self.last_call, self.last_returned)
        for finding in explained(failure, self.findings):
            self.found(finding)
        note = getattr(exception, "add_note", None)  # new in Python 3.11
        for finding in self.findings:
            if note is not None and finding.severity.counts:
                note(f"rnnscope: {finding}" + (f"\n  {finding.fix}" if finding.fix else ""))


def watch(
    *,
    select: str | Iterable[str] | None = None,
    ignore: str | Iterable[str] | None = None,
    probe: bool = True,
) -> Watch:
    """Watch the code of a ``with`` block, or of a decorated function, for RNN mistakes.

    ``select`` and ``ignore`` are codes or their beginnings, as ``"RNN2,RNN401"``; what is not given
    comes from ``[tool.rnnscope]`` of the nearest pyproject.toml. With ``probe`` recorded
    steps are run again with something changed. Raises UnknownNameError for a code that no rule has.

    >>> with watch() as seen:
    ...     pass
    >>> seen.findings
    ()
    """
    return Watch(Selection.configured(_texts(select), _texts(ignore)), probe)


def _texts(value: str | Iterable[str] | None) -> Iterable[str] | None:
    return [value] if isinstance(value, str) else value
