"""RNN557: a total_length below the longest sequence."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN557", "total-length", Severity.ERROR, Reading)
def total_length(reading: Reading) -> Iterator[Problem]:
    """total_length is at least the longest length.

    What it does
    ------------
    Explains the message about total_length.

    Why is this bad?
    ----------------
    total_length pads further than the longest sequence of this batch, as nn.DataParallel needs
    it. One from another batch can be too short.

    Example
    -------
    packed = pack_padded_sequence(torch.randn(5, 3, 10), [5, 4, 2])
    padded, lengths = pad_packed_sequence(packed, total_length=3)  # RNN557

    Use instead
    -----------
    packed = pack_padded_sequence(torch.randn(5, 3, 10), [5, 4, 2])
    padded, lengths = pad_packed_sequence(packed, total_length=5)
    """
    yield Problem(
        f"total_length={reading.values['got']} is below the longest sequence, "
        f"{reading.values['longest'].split()[0].rstrip('.')}.",
        "pad_packed_sequence(output, total_length=input.size(0))  # size(1) with batch_first=True",
    )
