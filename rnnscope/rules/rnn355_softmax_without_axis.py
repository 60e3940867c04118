"""RNN355: softmax without dim."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN355", "softmax-without-axis", Severity.WARNING, Reading)
def softmax_without_axis(reading: Reading) -> Iterator[Problem]:
    """softmax without dim guesses its axis from the number of axes.

    What it does
    ------------
    Explains the warning about an implicit dimension.

    Why is this bad?
    ----------------
    The guess is axis 0 for one and three axes and axis 1 otherwise. Attention over time needs the
    time axis, class probabilities the last one.

    Example
    -------
    scores = torch.randn(3, 5)
    weights = F.softmax(scores)  # RNN355

    Use instead
    -----------
    scores = torch.randn(3, 5)
    weights = F.softmax(scores, dim=1)
    """
    yield Problem(
        "softmax without dim takes axis 0 for tensors with 1 or 3 axes, and axis 1 otherwise: "
        "for (N, L, C) it would compare the samples of the batch with each other.",
        "F.softmax(scores, dim=-1)  # attention over time: dim of the time axis",
    )
