"""RNN152: a warning about recurrent layers that asks for nothing."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN152", "harmless-warning", Severity.HINT, Reading)
def harmless_warning(reading: Reading) -> Iterator[Problem]:
    """torch tells which implementation it uses; nothing is wrong.

    What it does
    ------------
    Explains warnings about projections without oneDNN or MIOpen, and about weights during export.

    Why is this bad?
    ----------------
    It is not: the result is the same, computed by another implementation. With warnings turned
    into errors it stops the program, though.

    Example
    -------
    lstm = nn.LSTM(10, 20, proj_size=5)
    output, _ = lstm(torch.randn(5, 3, 10))  # RNN152

    Use instead
    -----------
    lstm = nn.LSTM(10, 20)
    output, _ = lstm(torch.randn(5, 3, 10))
    """
    yield Problem(
        "nothing is wrong: torch tells that it computes this layer with another implementation, or "
        "keeps its list of weights while exporting.",
        "warnings.filterwarnings('ignore', message=...)  # where warnings are errors",
    )
