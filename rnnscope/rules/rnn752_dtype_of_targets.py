"""RNN752: class indices that are no integers."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN752", "dtype-of-targets", Severity.ERROR, Reading)
def dtype_of_targets(reading: Reading) -> Iterator[Problem]:
    """Class indices are int64.

    What it does
    ------------
    Explains what nll_loss says about the dtype of targets.

    Why is this bad?
    ----------------
    Targets read together with the features are float. Class indices are int64; float targets
    would be probabilities, with the shape of the logits.

    Example
    -------
    loss = F.cross_entropy(torch.randn(4, 9), torch.zeros(4))  # RNN752

    Use instead
    -----------
    loss = F.cross_entropy(torch.randn(4, 9), torch.zeros(4, dtype=torch.long))
    """
    yield Problem(
        "class indices must be int64, got another dtype: float targets are probabilities, and "
        "have the shape of the logits.",
        "F.cross_entropy(logits, targets.long())",
    )
