"""Watch a program run: ``with rnnscope.watch() as seen:``, or ``@rnnscope.watch()``.

    with rnnscope.watch() as seen:
        train_one_batch()
    seen.findings

Everything is restored at the end, also after an exception; nothing of the user's is changed.
Watches nest: they share one Session, and each keeps the findings that came up while it was on.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from contextlib import ContextDecorator
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rnnscope.failures import explained, failure_of
from rnnscope.findings import Finding, Location
from rnnscope.rules import examine
from rnnscope.running import notebook
from rnnscope.selection import Selection
from rnnscope.subjects import LayerCall

if TYPE_CHECKING:
    from rnnscope.probing.probe import Probe
    from rnnscope.report import Report
    from rnnscope.tracing.session import Session

_lock = threading.RLock()
_active: list[Session] = []


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
        self._session: Session | None = None
        self._probe: Probe | None = None
        self._counted: Mapping[str, Any] = {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found so far: one finding for each code and line, with its count."""
        return self.selection.keep(tuple(self._found.values()))

    @property
    def report(self) -> Report:
        """The findings as a Report, which prints itself."""
        from rnnscope.report import Report

        return Report(findings=self.findings)

    @property
    def statistics(self) -> Mapping[str, Any]:
        """How much could be followed: functions traced, and those that have no rule."""
        live = self._session
        return live.tracer.mode.statistics.to_dict() if live is not None else self._counted

    def __repr__(self) -> str:
        return f"<Watch {self.report.in_a_line()}>"

    def __str__(self) -> str:
        return str(self.report)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
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
        with _lock:
            if self._depth == 0:
                self._session = _joined(self)
                self._probe = _listening_probe(self._session)
            self._depth += 1
        if self._session is not None:
            self._session.enter_thread()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exception: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        session = self._session
        if session is None:
            return
        self.last_call, self.last_returned = session.last_call, session.last_returned
        session.leave_thread()
        try:
            if isinstance(exception, Exception):
                self._explain(exception)
        finally:
            with _lock:
                self._depth -= 1
                if self._depth == 0:
                    session.finish_for(self)
                    self._prove(session, copies=self.probe and exception is None)
                    _left(self, session)
                    self._counted, self._session = self.statistics, None
                    notebook.show(self.report)

    def _prove(self, session: Session, copies: bool) -> None:
        """What the gradients, the states and copies of the models prove."""
        from rnnscope.probing.verdicts import verdicts

        probe, self._probe = self._probe, None
        if probe is None:
            return
        probe.uninstall()
        session.observers.remove(probe)
        session.thread.quiet = True
        try:
            self._found = verdicts(self._found, probe.proofs(copies))
        finally:
            session.thread.quiet = False

    def _explain(self, exception: Exception) -> None:
        """What the rules say of an exception goes into the findings and below its traceback."""
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
    comes from ``[tool.rnnscope]`` of the nearest pyproject.toml. With ``probe`` the models that ran
    are tried on copies at the end. Raises UnknownNameError for a code that no rule has.

    >>> with watch() as seen:
    ...     pass
    >>> seen.findings
    ()
    """
    return Watch(Selection.configured(_texts(select), _texts(ignore)), probe)


def _texts(value: str | Iterable[str] | None) -> Iterable[str] | None:
    return [value] if isinstance(value, str) else value


def _joined(watch: Watch) -> Session:
    """The process's session, installed for the first watch, with this watch listening."""
    if not _active:
        from rnnscope.tracing.session import Session

        session = Session(examine)
        session.install()
        _active.append(session)
    _active[0].listeners.append(watch)
    return _active[0]


def _listening_probe(session: Session) -> Probe:
    from rnnscope.probing.probe import Probe

    probe = Probe(session.built_at, session.tracer)
    probe.install()
    session.observers.append(probe)
    return probe


def _left(watch: Watch, session: Session) -> None:
    session.listeners.remove(watch)
    if not session.listeners:
        _active.remove(session)
        session.uninstall()
