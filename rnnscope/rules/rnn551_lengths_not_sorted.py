"""RNN551: lengths that are not sorted, with enforce_sorted."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN551", "lengths-not-sorted", Severity.ERROR, Reading)
def lengths_not_sorted(reading: Reading) -> Iterator[Problem]:
    """pack_padded_sequence wants the longest sequence first, unless told otherwise.

    What it does
    ------------
    Explains the message about lengths in decreasing order.

    Why is this bad?
    ----------------
    Packing needs sorted sequences. With enforce_sorted=False it sorts by itself, and the layer's
    results come back in your order; sorting by hand means unsorting by hand.

    Example
    -------
    packed = pack_padded_sequence(torch.randn(5, 3, 10), [3, 5, 2])  # RNN551

    Use instead
    -----------
    packed = pack_padded_sequence(torch.randn(5, 3, 10), [3, 5, 2], enforce_sorted=False)
    """
    yield Problem(
        "the lengths go up somewhere, and with enforce_sorted=True the longest sequence must "
        "come first. enforce_sorted=False sorts inside, and gives the results back in your "
        "order.",
        "pack_padded_sequence(input, lengths, enforce_sorted=False)",
    )
