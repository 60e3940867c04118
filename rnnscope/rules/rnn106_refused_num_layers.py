"""RNN106: num_layers that is no positive int."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.construction import refused
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Construction


@rule("RNN106", "refused-num-layers", Severity.ERROR, Construction)
def refused_num_layers(construction: Construction) -> Iterator[Problem]:
    """num_layers is a whole number above 0.

    What it does
    ------------
    Looks for a num_layers that torch refuses.

    Why is this bad?
    ----------------
    It counts all layers, the first one included, so one layer is 1 and not 0.

    Example
    -------
    gru = nn.GRU(10, 20, num_layers=0)  # RNN106

    Use instead
    -----------
    gru = nn.GRU(10, 20, num_layers=1)
    """
    yield from refused(construction, "num_layers")
