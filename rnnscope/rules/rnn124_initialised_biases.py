"""RNN124: an initialisation for matrices, applied to biases."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN124", "initialised-biases", Severity.ERROR, Reading)
def initialised_biases(reading: Reading) -> Iterator[Problem]:
    """Xavier and orthogonal initialisation are for matrices, and parameters() has biases too.

    What it does
    ------------
    Explains why an initialisation refuses a vector.

    Why is this bad?
    ----------------
    A loop over parameters() meets bias_ih_l0 and bias_hh_l0, which have one axis. These
    initialisations need two.

    Example
    -------
    lstm = nn.LSTM(10, 20)
    for parameter in lstm.parameters():
        nn.init.xavier_uniform_(parameter)  # RNN124

    Use instead
    -----------
    lstm = nn.LSTM(10, 20)
    for parameter in lstm.parameters():
        if parameter.dim() > 1:
            nn.init.xavier_uniform_(parameter)
    """
    yield Problem(
        "this initialisation needs a matrix, and a loop over parameters() also meets the biases "
        "of the layer, bias_ih_l0 and bias_hh_l0, which have one axis.",
        "if parameter.dim() > 1: nn.init.xavier_uniform_(parameter)",
    )
