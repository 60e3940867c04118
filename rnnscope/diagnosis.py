"""Explain an exception, a warning or a text: the first failure in it that is understood."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from rnnscope.failures import failure_of
from rnnscope.findings import Finding, Related
from rnnscope.messages.tracebacks import failures_in
from rnnscope.rules import examine
from rnnscope.subjects import Failure


def failures_of(subject: BaseException | str) -> Iterator[Failure]:
    """The failures to explain: an exception and what it was raised from, or those in a text."""
    if isinstance(subject, str):
        yield from failures_in(subject)
        return
    cause: BaseException | None = subject
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield failure_of(cause)
        cause = cause.__cause__ or cause.__context__


def diagnosed(failures: Iterable[Failure]) -> tuple[Failure | None, tuple[Finding, ...]]:
    """The first failure that some rule explains, and what the rules say; else the first one."""
    first = None
    for failure in failures:
        first = first or failure
        found = examine(failure)
        if found:
            return failure, tuple(_with_source(finding, failure) for finding in found)
    return first, ()


def _with_source(finding: Finding, failure: Failure) -> Finding:
    """Show the user's own line of code where a traceback holds it."""
    if failure.location is None or failure.source is None:
        return finding
    return replace(finding, related=(*finding.related, Related(failure.location, failure.source)))
