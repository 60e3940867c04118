"""RNN562: lengths that unpad_sequence does not take."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN562", "lengths-to-unpad", Severity.ERROR, Reading)
def lengths_to_unpad(reading: Reading) -> Iterator[Problem]:
    """unpad_sequence takes a tensor with one length for each sequence.

    What it does
    ------------
    Explains what unpad_sequence says about lengths.

    Why is this bad?
    ----------------
    The other functions take a list, this one a tensor. Its lengths are those of the same batch.

    Example
    -------
    sequences = unpad_sequence(torch.randn(5, 3, 10), [5, 4, 2])  # RNN562

    Use instead
    -----------
    sequences = unpad_sequence(torch.randn(5, 3, 10), torch.tensor([5, 4, 2]))
    """
    yield Problem(
        "unpad_sequence takes lengths as a tensor, with one length for each sequence of this "
        "batch.",
        "unpad_sequence(padded, torch.as_tensor(lengths))",
    )
