"""RNN559: a PackedSequence that was built by hand."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN559", "packed-by-hand", Severity.ERROR, Reading)
def packed_by_hand(reading: Reading) -> Iterator[Problem]:
    """PackedSequence is made by pack_padded_sequence and pack_sequence.

    What it does
    ------------
    Explains the complaints about a PackedSequence that was built by hand.

    Why is this bad?
    ----------------
    It holds rows in the order of time, and batch_sizes as an int64 tensor on the CPU. New data
    for the same batch goes in with packed._replace(data=...).

    Example
    -------
    packed = PackedSequence(torch.randn(3, 4))  # RNN559

    Use instead
    -----------
    packed = pack_sequence([torch.randn(2, 4), torch.randn(1, 4)])
    packed = packed._replace(data=packed.data * 2)
    """
    yield Problem(
        "a PackedSequence was built by hand: its batch_sizes are an int64 tensor on the CPU, "
        "and its rows are ordered by time.",
        "pack_sequence(sequences)  # or packed._replace(data=new_data)",
    )
