"""RNN352: a view or reshape into another number of elements."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN352", "view-of-another-size", Severity.ERROR, Reading)
def view_of_another_size(reading: Reading) -> Iterator[Problem]:
    """A view must have as many elements as the tensor.

    What it does
    ------------
    Explains the message that a shape is invalid for the input's size.

    Why is this bad?
    ----------------
    A batch size written as a number fails on the last, smaller batch; a forgotten factor 2 of
    bidirectional=True and lengths above the padded length do the same.

    Example
    -------
    last_batch = torch.randn(3, 5, 20)
    x = last_batch.view(8, -1, 4, 20)  # RNN352

    Use instead
    -----------
    last_batch = torch.randn(3, 5, 20)
    x = last_batch.view(last_batch.size(0), -1, 5, 20)
    """
    yield Problem(
        f"a tensor of {reading.values['size'].split()[0].rstrip('.')} elements cannot take the "
        f"shape {reading.values['shape']}. Around recurrent layers, most likely: a fixed batch "
        "size and a smaller last batch; the factor 2 of bidirectional=True; lengths above the "
        "padded length.",
        "tensor.view(tensor.size(0), -1, features)",
    )
