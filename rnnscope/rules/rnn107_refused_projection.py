"""RNN107: a proj_size that cannot be."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.construction import refused
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Construction


@rule("RNN107", "refused-projection", Severity.ERROR, Construction)
def refused_projection(construction: Construction) -> Iterator[Problem]:
    """proj_size is below hidden_size, and for the LSTM only.

    What it does
    ------------
    Looks for a proj_size that torch refuses, or that only fails when the layer is called: a GRU
    takes one by position, and refuses it by name.

    Why is this bad?
    ----------------
    A projection makes the hidden state smaller, so it must be smaller than hidden_size; 0 turns
    it off. GRU and RNN have none, not even proj_size=0.

    Example
    -------
    lstm = nn.LSTM(10, 20, proj_size=20)  # RNN107

    Use instead
    -----------
    lstm = nn.LSTM(10, 20, proj_size=5)
    """
    yield from refused(construction, "proj_size")
