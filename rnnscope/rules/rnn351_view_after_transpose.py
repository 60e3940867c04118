"""RNN351: view on a tensor whose axes were swapped."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN351", "view-after-transpose", Severity.ERROR, Reading)
def view_after_transpose(reading: Reading) -> Iterator[Problem]:
    """view cannot join axes that are not next to each other in memory.

    What it does
    ------------
    Explains the message about size and stride.

    Why is this bad?
    ----------------
    The output of a batch_first layer, and every transposed tensor, has its elements in another
    order than its axes. reshape copies them where needed, and gives what view would have.

    Example
    -------
    output, _ = nn.LSTM(10, 20, batch_first=True)(torch.randn(3, 5, 10))
    flat = output.view(-1, 20)  # RNN351

    Use instead
    -----------
    output, _ = nn.LSTM(10, 20, batch_first=True)(torch.randn(3, 5, 10))
    flat = output.reshape(-1, 20)
    """
    yield Problem(
        "view cannot join these axes: the tensor was transposed, or is the output of a "
        "batch_first layer, and its elements are not in the order of its axes. The order of the "
        "axes stays yours to check: reshape does not swap any.",
        "tensor.reshape(...)  # instead of tensor.view(...)",
    )
