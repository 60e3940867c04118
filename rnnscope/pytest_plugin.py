"""``pytest --rnnscope``: every test runs under watch, and fails with the findings.

    pytest --rnnscope
    @pytest.mark.rnnscope_ignore("RNN4")     these codes, or without arguments all of them
    def test_model(rnnscope_watch): ...      the watch itself: rnnscope_watch.findings

torch is imported by a watch, and so not at all when the option is off.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rnnscope.findings import Finding
    from rnnscope.watching import Watch


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--rnnscope``."""
    parser.getgroup("rnnscope").addoption(
        "--rnnscope",
        action="store_true",
        help="run every test under watch, and fail it for mistakes with recurrent layers",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Announce the marker, so that --strict-markers knows it."""
    config.addinivalue_line(
        "markers", "rnnscope_ignore(*codes): do not fail for these findings of rnnscope, or for any"
    )


@pytest.fixture
def rnnscope_watch() -> Generator[Watch, None, None]:
    """A watch over the test; its ``findings`` may be asked at any time."""
    from rnnscope.watching import watch

    with watch(show=False) as seen:
        yield seen


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, None]:
    """The test's own call; what its fixtures do is not watched."""
    marker = item.get_closest_marker("rnnscope_ignore")
    if not item.config.getoption("--rnnscope") or (marker is not None and not marker.args):
        yield
        return
    from rnnscope.selection import Selection
    from rnnscope.watching import Watch

    ignored = marker.args if marker is not None else None
    manager = Watch(Selection.configured(ignore=ignored), reporter=True)
    seen = manager.__enter__()
    outcome = yield
    kind, raised, trace = outcome.excinfo or (None, None, None)
    manager.__exit__(kind, raised, trace)
    counted = [finding for finding in seen.findings if finding.severity.counts]
    if counted and raised is None:
        outcome.force_exception(pytest.fail.Exception(assertion(counted), pytrace=False))


def assertion(findings: Sequence[Finding]) -> str:
    """The findings as pytest prints a failed assertion; its summary shows the first line alone."""
    from rnnscope.formats import render
    from rnnscope.repair import completed
    from rnnscope.results import Result

    findings = completed(findings)
    first = findings[0]
    place = f" {first.location.place}" if first.location else ""
    more = f" and {len(findings) - 1} more" if len(findings) > 1 else ""
    lines = [f"{first.code}{place} {first.name}{more}"]
    for finding in findings:
        shown = render(Result(findings=(finding,)), "terminal", 96)
        lines += ["", *(f"E   {line}" for line in shown.splitlines())]
    return "\n".join(lines)
