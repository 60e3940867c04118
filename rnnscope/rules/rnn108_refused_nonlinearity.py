"""RNN108: a nonlinearity that nn.RNN does not have."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.construction import refused
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Construction


@rule("RNN108", "refused-nonlinearity", Severity.ERROR, Construction)
def refused_nonlinearity(construction: Construction) -> Iterator[Problem]:
    """nonlinearity is 'tanh' or 'relu', and for nn.RNN only.

    What it does
    ------------
    Looks for a nonlinearity that torch refuses.

    Why is this bad?
    ----------------
    It is the fourth positional argument of nn.RNN, where LSTM and GRU have bias: a True by
    position was meant for bias or batch_first. LSTM and GRU always use sigmoid and tanh.

    Example
    -------
    rnn = nn.RNN(10, 20, 2, True)  # RNN108

    Use instead
    -----------
    rnn = nn.RNN(10, 20, 2, batch_first=True)
    """
    yield from refused(construction, "nonlinearity")
