"""Work of rnnscope's own, aside from the user's program: watches look away and hear the result.

A verification builds and calls layers by the hundred. A watch that is on must not take these for
the program's own calls, but what the verification finds belongs to its findings.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rnnscope.findings import Finding

_thread = threading.local()
_listeners: list[Callable[[Finding], None]] = []


def is_unobserved() -> bool:
    """True while the current thread does rnnscope's own work."""
    return getattr(_thread, "depth", 0) > 0


@contextmanager
def unobserved() -> Iterator[None]:
    """Run a block that no watch sees, in this thread."""
    _thread.depth = getattr(_thread, "depth", 0) + 1
    try:
        yield
    finally:
        _thread.depth -= 1


def listen(listener: Callable[[Finding], None]) -> Callable[[], None]:
    """Be told of what is found aside, until the function that comes back is called."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def tell(findings: Iterable[Finding]) -> None:
    """Tell every watch of errors and warnings that were found aside."""
    for finding in findings:
        for listener in tuple(_listeners):
            if finding.severity.counts:
                listener(finding)
