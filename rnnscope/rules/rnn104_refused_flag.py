"""RNN104: bias or batch_first that is no bool."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.construction import refused
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Construction


@rule("RNN104", "refused-flag", Severity.ERROR, Construction)
def refused_flag(construction: Construction) -> Iterator[Problem]:
    """bias and batch_first are True or False, nothing else.

    What it does
    ------------
    Looks for a bias or batch_first that is not a bool.

    Why is this bad?
    ----------------
    Since torch 2.10 both are checked; before, the call failed with a list of argument types. A 1
    comes from a configuration file. A float by position was meant for dropout: after num_layers
    come bias and batch_first.

    Example
    -------
    lstm = nn.LSTM(10, 20, 2, 0.5)  # RNN104

    Use instead
    -----------
    lstm = nn.LSTM(10, 20, 2, dropout=0.5)
    """
    yield from refused(construction, "bias", "batch_first")
