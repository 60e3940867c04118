"""What every rule of hand-written cells does with the differences of its kind."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem
from rnnscope.subjects.likeness import Likeness


def problems(likeness: Likeness, kind: str) -> Iterator[Problem]:
    """The differences of one kind as problems; a mere convention is a hint."""
    for difference in likeness.of(kind):
        yield Problem(
            f"{likeness.target}: {difference.text}",
            difference.fix,
            difference.location,
            severity=Severity.HINT if difference.convention else None,
        )
