"""RNN552: an empty sequence among those to pack."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN552", "length-of-zero", Severity.ERROR, Reading)
def length_of_zero(reading: Reading) -> Iterator[Problem]:
    """A sequence to pack has at least one step.

    What it does
    ------------
    Explains the message about lengths that are not greater than 0.

    Why is this bad?
    ----------------
    An empty text, or a row that is padding only, has no step, and so no last state. It must be
    dropped, or given one padding step.

    Example
    -------
    packed = pack_padded_sequence(torch.randn(5, 3, 10), [5, 4, 0])  # RNN552

    Use instead
    -----------
    packed = pack_padded_sequence(torch.randn(5, 3, 10), [5, 4, 1])
    """
    yield Problem(
        "one of the lengths is 0: a sequence without a step cannot be packed.",
        "lengths = lengths.clamp(min=1)  # or drop the empty rows of input and lengths",
    )
