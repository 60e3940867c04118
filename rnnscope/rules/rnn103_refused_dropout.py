"""RNN103: a dropout that is no probability."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.construction import refused
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Construction


@rule("RNN103", "refused-dropout", Severity.ERROR, Construction)
def refused_dropout(construction: Construction) -> Iterator[Problem]:
    """dropout is a probability from 0 to 1.

    What it does
    ------------
    Looks for a dropout that torch refuses.

    Why is this bad?
    ----------------
    It is the probability of zeroing an element: 20 percent is 0.2, and no dropout is 0.0, not
    None. A True that ends up here by position was meant for bidirectional, which comes after
    dropout.

    Example
    -------
    lstm = nn.LSTM(10, 20, 2, dropout=20)  # RNN103

    Use instead
    -----------
    lstm = nn.LSTM(10, 20, 2, dropout=0.2)
    """
    yield from refused(construction, "dropout")
