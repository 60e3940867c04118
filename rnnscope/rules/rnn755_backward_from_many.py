"""RNN755: backward from something that is no single number."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN755", "backward-from-many", Severity.ERROR, Reading)
def backward_from_many(reading: Reading) -> Iterator[Problem]:
    """backward starts from one number.

    What it does
    ------------
    Explains the message about scalar outputs.

    Why is this bad?
    ----------------
    A recurrent layer's output has one number for each step, sequence and feature. A loss makes
    one number of them.

    Example
    -------
    output, _ = nn.LSTM(10, 20)(torch.randn(5, 3, 10))
    output.backward()  # RNN755

    Use instead
    -----------
    output, _ = nn.LSTM(10, 20)(torch.randn(5, 3, 10))
    output.mean().backward()
    """
    yield Problem(
        "backward starts from one number, and this tensor has several: a loss over steps with "
        "reduction='none' must be averaged over the real steps.",
        "loss.mean().backward()  # masked: (loss * mask).sum() / mask.sum()",
    )
