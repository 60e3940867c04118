"""RNN560: items that pad_sequence does not take."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN560", "items-to-pad", Severity.ERROR, Reading)
def items_to_pad(reading: Reading) -> Iterator[Problem]:
    """pad_sequence takes a list of tensors with time on their first axis.

    What it does
    ------------
    Explains what pad_sequence and pack_sequence say about their items.

    Why is this bad?
    ----------------
    Each item is one sequence (L, *), a tensor of at least one axis. Lists and numpy arrays must
    be made tensors, pairs (x, y) taken apart, labels stacked instead of padded, and (features,
    time) turned.

    Example
    -------
    padded = pad_sequence([[1, 2], [3]])  # RNN560

    Use instead
    -----------
    padded = pad_sequence([torch.tensor([1, 2]), torch.tensor([3])])
    """
    yield Problem(
        "pad_sequence and pack_sequence take a list of tensors (L, *), at least one, that "
        "differ in their first axis only; labels are stacked, not padded, and padding_value is "
        "a number.",
        "pad_sequence([torch.as_tensor(item) for item in items], batch_first=True)",
    )
