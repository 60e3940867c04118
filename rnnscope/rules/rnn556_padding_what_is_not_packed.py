"""RNN556: pad_packed_sequence on something that is not packed."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN556", "padding-what-is-not-packed", Severity.ERROR, Reading)
def padding_what_is_not_packed(reading: Reading) -> Iterator[Problem]:
    """pad_packed_sequence takes the PackedSequence that a layer returns.

    What it does
    ------------
    Explains the messages about a missing attribute batch_sizes.

    Why is this bad?
    ----------------
    A layer returns (output, states), and only output is packed. A tensor, or the data of a
    PackedSequence, has no lengths any more.

    Example
    -------
    gru = nn.GRU(10, 20)
    packed = pack_padded_sequence(torch.randn(5, 3, 10), [5, 4, 2])
    padded, lengths = pad_packed_sequence(gru(packed))  # RNN556

    Use instead
    -----------
    gru = nn.GRU(10, 20)
    packed = pack_padded_sequence(torch.randn(5, 3, 10), [5, 4, 2])
    output, h_n = gru(packed)
    padded, lengths = pad_packed_sequence(output)
    """
    yield Problem(
        "pad_packed_sequence takes a PackedSequence: got the whole result (output, states) of a "
        "layer, or a tensor that is padded already.",
        "output, _ = lstm(packed); padded, lengths = pad_packed_sequence(output)",
    )
