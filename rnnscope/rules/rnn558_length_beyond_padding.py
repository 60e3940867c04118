"""RNN558: a length above the padded length."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN558", "length-beyond-padding", Severity.ERROR, Reading)
def length_beyond_padding(reading: Reading) -> Iterator[Problem]:
    """A length is larger than the padded batch is long.

    What it does
    ------------
    Explains what a layer says about packed data that was cut wrongly.

    Why is this bad?
    ----------------
    pack_padded_sequence does not check it: the PackedSequence is broken, and fails later, inside
    the layer or when it is padded again. Lengths taken before the texts were cut are the usual
    cause.

    Example
    -------
    gru = nn.GRU(10, 20)
    packed = pack_padded_sequence(torch.randn(5, 3, 10), [6, 4, 2])
    output, h_n = gru(packed)  # RNN558

    Use instead
    -----------
    gru = nn.GRU(10, 20)
    packed = pack_padded_sequence(torch.randn(5, 3, 10), [5, 4, 2])
    output, h_n = gru(packed)
    """
    yield Problem(
        "one of the lengths given to pack_padded_sequence is probably above the padded length: "
        "it does not check that, and the layer fails on the data that is missing.",
        "lengths = lengths.clamp(max=input.size(0))  # size(1) with batch_first=True",
    )
