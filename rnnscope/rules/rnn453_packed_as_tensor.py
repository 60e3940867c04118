"""RNN453: a PackedSequence used as a tensor."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN453", "packed-as-tensor", Severity.ERROR, Reading)
def packed_as_tensor(reading: Reading) -> Iterator[Problem]:
    """The output of a packed call is a PackedSequence, and it was used as a tensor.

    What it does
    ------------
    Explains the messages of functions and methods that were given a PackedSequence.

    Why is this bad?
    ----------------
    A layer that is called with packed data returns packed output: rows of all sequences without
    padding, in the order of time. pad_packed_sequence turns it back into (L, N, D*H_out).

    Example
    -------
    lstm = nn.LSTM(10, 20)
    packed = pack_padded_sequence(torch.randn(5, 3, 10), [5, 4, 2])
    output, _ = lstm(packed)
    scores = nn.Linear(20, 2)(output)  # RNN453

    Use instead
    -----------
    lstm = nn.LSTM(10, 20)
    packed = pack_padded_sequence(torch.randn(5, 3, 10), [5, 4, 2])
    output, _ = lstm(packed)
    padded, lengths = pad_packed_sequence(output)
    scores = nn.Linear(20, 2)(padded)
    """
    yield Problem(
        "a PackedSequence is no tensor: its data holds the real steps of all sequences, "
        "(sum(lengths), D*H_out), and pad_packed_sequence turns it back into (L, N, D*H_out).",
        "padded, lengths = pad_packed_sequence(output)  # batch_first=True as when packing",
    )
