"""RNN753: predictions and targets of different shapes."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN753", "target-broadcast", Severity.WARNING, Reading)
def target_broadcast(reading: Reading) -> Iterator[Problem]:
    """Predictions and targets have different shapes, so that every one meets every other.

    What it does
    ------------
    Explains what the losses say about a target size.

    Why is this bad?
    ----------------
    (N, 1) against (N) broadcasts to (N, N): each prediction is compared with all targets, and the
    network learns their mean. squeeze() without an axis also removes a batch of one.

    Example
    -------
    loss = F.mse_loss(torch.randn(4, 1), torch.randn(4))  # RNN753

    Use instead
    -----------
    loss = F.mse_loss(torch.randn(4, 1).squeeze(-1), torch.randn(4))
    """
    target, got = (
        reading.values[name].removeprefix("torch.Size(").rstrip(").") for name in ("target", "got")
    )
    yield Problem(
        f"the targets are {target} and the predictions {got}: a loss compares element by "
        "element, and shapes such as (N, 1) and (N) broadcast to (N, N).",
        "loss(prediction.squeeze(-1), target)  # squeeze() alone would drop a batch of one, too",
    )
