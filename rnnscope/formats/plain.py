"""One line per finding, as linters print it: ``train.py:31:18: RNN401 error: …``."""

from __future__ import annotations

from rnnscope.results import Result


def render(result: Result, width: int = 80) -> str:
    """The findings, a line each, however long; nothing at all when there are none."""
    return "\n".join(" ".join(str(finding).split()) for finding in result.findings)
