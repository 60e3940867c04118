"""RNN224: states that do not fit a packed batch."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN224", "packed-states", Severity.ERROR, Reading)
def packed_states(reading: Reading) -> Iterator[Problem]:
    """States for a packed batch are checked late, and the message tells no shape.

    What it does
    ------------
    Explains what an LSTM with packed input says about wrong states.

    Why is this bad?
    ----------------
    A packed call of an LSTM skips the checks that name h_0 and c_0. Too few layers, batch-first
    states and a wrong batch size end in messages about hidden states, pairs, parameters or
    indices.

    Example
    -------
    lstm = nn.LSTM(10, 20, num_layers=2)
    packed = pack_padded_sequence(torch.randn(5, 3, 10), [5, 4, 2])
    state = torch.zeros(1, 3, 20)
    output, _ = lstm(packed, (state, state))  # RNN203

    Use instead
    -----------
    lstm = nn.LSTM(10, 20, num_layers=2)
    packed = pack_padded_sequence(torch.randn(5, 3, 10), [5, 4, 2])
    state = torch.zeros(2, 3, 20)
    output, _ = lstm(packed, (state, state))
    """
    yield Problem(
        f"with packed input, {_cause(reading)}; h_0 must be (D*num_layers, N, H_out) and c_0 "
        "(D*num_layers, N, H_cell), with N = len(lengths).",
        "h_0 = torch.zeros(D * num_layers, len(lengths), hidden_size)",
    )


def _cause(reading: Reading) -> str:
    text = reading.failure.text
    return next((cause for mark, cause in _CAUSES.items() if mark in text), _ANY)


_ANY = "a state has the wrong shape"
_CAUSES = {
    "stacked_rnn": "the states are for another number of layers, or built batch first",
    "Odd number": "the states lack the factor 2 of bidirectional=True",
    "incorrect number of RNN parameters": "h_0 and c_0 are equally wide in spite of proj_size, or "
    "differ without it",
    "INDICES element": "there are more lengths than sequences (batch_first=True forgotten in "
    "pack_padded_sequence), or the states are for a smaller batch",
    "broadcast shape": "the states are for one sequence, and do not broadcast",
    "Dimension out of range": "the states lack the layer axis, or are one tensor instead of a pair",
}
