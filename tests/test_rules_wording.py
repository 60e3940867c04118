"""What rules say about the steps of a program, word by word."""

from __future__ import annotations

import pytest

import rnnscope
from rnnscope.rules import examine
from rnnscope.subjects.facts import SliceRead

BATCH_FIRST, STEPS_FIRST = True, False


def one_sample(batch_first: bool, result: str, sample: int) -> SliceRead:
    """A program that takes one of 3 samples of a result, and reads nothing else."""
    return SliceRead("sample", sample, 3, result, "LSTM", batch_first, False, None)


@pytest.mark.parametrize(
    ("usage", "message", "fix"),
    [
        (
            one_sample(BATCH_FIRST, "output", 2),
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
            one_sample(BATCH_FIRST, "h_n", 2),
            "h_n is (layers, batch, features): this takes the last of 3 samples, and the others "
            "are never used",
            "h_n[-1]  # the last layer of all samples",
        ),
    ],
)
def test_one_sample_read(usage: SliceRead, message: str, fix: str) -> None:
    (finding,) = [f for f in examine(usage) if f.code == "RNN401"]
    assert (finding.message, finding.fix) == (message, fix)


@pytest.mark.parametrize(
    ("got", "twice"), [(2, ", as when the 2 of bidirectional=True is missing"), (1, "")]
)
def test_state_layers_of_a_layer_that_a_message_does_not_name(got: int, twice: str) -> None:
    (finding,) = rnnscope.diagnose(
        f"Expected hidden[0] size (4, 3, 20), got [{got}, 3, 20]"
    ).findings
    assert finding.code == "RNN203"
    assert finding.message.endswith(
        f"the layer has 4 slots, one for each layer and direction, the state {got}{twice}; "
        "a state from another layer must come from one of the same depth and directions."
    )
