"""RNN105: input_size or hidden_size that is no positive int."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.construction import refused
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Construction


@rule("RNN105", "refused-size", Severity.ERROR, Construction)
def refused_size(construction: Construction) -> Iterator[Problem]:
    """input_size and hidden_size are whole numbers above 0.

    What it does
    ------------
    Looks for an input_size or hidden_size that torch refuses.

    Why is this bad?
    ----------------
    A true division makes a float, even of whole numbers; sizes from numpy are no Python ints; a
    size of 0 was computed from empty data.

    Example
    -------
    lstm = nn.LSTM(10, 20 / 2)  # RNN105

    Use instead
    -----------
    lstm = nn.LSTM(10, 20 // 2)
    """
    yield from refused(construction, "input_size", "hidden_size")
