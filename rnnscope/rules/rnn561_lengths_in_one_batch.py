"""RNN561: sequences of several lengths, stacked instead of padded."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN561", "lengths-in-one-batch", Severity.ERROR, Reading)
def lengths_in_one_batch(reading: Reading) -> Iterator[Problem]:
    """A batch of sequences of several lengths must be padded, not stacked.

    What it does
    ------------
    Explains the message of the default collate function of a DataLoader.

    Why is this bad?
    ----------------
    A tensor has one length. The collate function of a DataLoader pads the sequences of a batch,
    and keeps their lengths for packing.

    Example
    -------
    data = [torch.randn(3, 4), torch.randn(5, 4)]
    batch = next(iter(torch.utils.data.DataLoader(data, batch_size=2)))  # RNN561

    Use instead
    -----------
    data = [torch.randn(3, 4), torch.randn(5, 4)]
    batch = next(iter(torch.utils.data.DataLoader(data, batch_size=2, collate_fn=pad_sequence)))
    """
    yield Problem(
        "sequences of different lengths cannot be stacked into one tensor: they must be padded, "
        "and their lengths kept.",
        "DataLoader(data, batch_size=..., collate_fn=pad_sequence)  # batch_first=True by a lambda",
    )
