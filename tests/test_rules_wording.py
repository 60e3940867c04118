"""What rules say about the steps of a program, word by word."""

from __future__ import annotations

import pytest

from rnnscope.config import RNNConfig
from rnnscope.rules import examine
from rnnscope.tracing.events import Part, Usage

BATCH_FIRST, STEPS_FIRST = "LSTM(10, 20, batch_first=True)", "LSTM(10, 20)"


def one_sample(config: str, result: str, sample: int) -> Usage:
    """A program that takes one sample of a result into its loss, and reads nothing else."""
    part = Part(result, sample=sample, reached=frozenset({"loss"}))
    picked = frozenset({("sample", sample)})
    return Usage(RNNConfig.parse(config), None, None, 3, 5, (part,), picked)


@pytest.mark.parametrize(
    ("usage", "message", "fix"),
    [
        (
            one_sample(BATCH_FIRST, "output", -1),
            "output is (batch, time, features): this takes the last of 3 samples, and the others "
            "are never used",
            "output[:, -1]",
        ),
        (
            one_sample(STEPS_FIRST, "output", 0),
            "output is (time, batch, features): this takes the first of 3 samples, and the others "
            "are never used",
            "output[-1]",
        ),
        (
            one_sample(BATCH_FIRST, "h_n", -1),
            "h_n is (layers, batch, features): this takes the last of 3 samples, and the others "
            "are never used",
            "h_n[-1]  # the last layer of all samples",
        ),
    ],
)
def test_one_sample_read(usage: Usage, message: str, fix: str) -> None:
    (finding,) = [f for f in examine(usage) if f.code == "RNN401"]
    assert (finding.message, finding.fix) == (message, fix)
