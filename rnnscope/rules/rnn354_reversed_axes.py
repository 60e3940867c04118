"""RNN354: .T on a tensor with three axes."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN354", "reversed-axes", Severity.WARNING, Reading)
def reversed_axes(reading: Reading) -> Iterator[Problem]:
    """`.T` reverses all axes.

    What it does
    ------------
    Explains the warning about x.T.

    Why is this bad?
    ----------------
    To swap batch and time two axes must change places. `.T` of (N, L, H) is (H, L, N).

    Example
    -------
    x = torch.randn(3, 5, 10)
    turned = x.T  # RNN354

    Use instead
    -----------
    x = torch.randn(3, 5, 10)
    turned = x.transpose(0, 1)
    """
    yield Problem(
        "x.T reverses all axes, (N, L, H) becomes (H, L, N): batch and time are swapped by "
        "transpose.",
        "x = x.transpose(0, 1)",
    )
