"""The last line of a run."""

from __future__ import annotations

import pytest

from rnnscope.findings import Finding, Severity
from rnnscope.summary import WatchSummary, last_line


def found(*severities: Severity) -> list[Finding]:
    return [Finding("RNN401", "name", severity, "message") for severity in severities]


@pytest.mark.parametrize(
    ("findings", "watched", "line"),
    [
        (
            found(Severity.ERROR),
            WatchSummary({"LSTM": 1}, 16, 16),
            "Found 1 error in train.py. 1 LSTM, 16 training steps watched.",
        ),
        (
            [],
            WatchSummary({"GRU": 2}, 32, 800),
            "rnnscope: 2 GRUs, 32 of 800 training steps watched, nothing found",
        ),
        ([], WatchSummary({}, 0, 0), "rnnscope: no recurrent layer, nothing found"),
        (
            found(Severity.WARNING, Severity.ERROR, Severity.WARNING),
            WatchSummary({"GRU": 1, "LSTM": 2, "RNN": 0}, 1, 1, ("1 thread was not watched",)),
            "Found 1 error and 2 warnings in train.py. 1 GRU and 2 LSTMs, 1 training step watched. "
            "1 thread was not watched.",
        ),
        (
            [],
            WatchSummary({"GRU": 1}, 0, 0, ("1 thread was not watched",)),
            "rnnscope: 1 GRU, nothing found; 1 thread was not watched",
        ),
    ],
)
def test_line(findings: list[Finding], watched: WatchSummary, line: str) -> None:
    assert last_line(findings, "train.py", watched) == line


def test_how_often() -> None:
    watched = WatchSummary({"GRU": 1}, 32, 800)
    assert watched.times(32) == watched.times(40) == "in all 32 steps watched"
    assert watched.times(3) == "in 3 of 32 steps watched"
    assert watched.times(1) == WatchSummary({"GRU": 1}, 0, 0).times(3) == ""
