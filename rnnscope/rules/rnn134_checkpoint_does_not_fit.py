"""RNN134: a weights file that is not of the layer that it is meant for."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.weights import WeightsProblem


@rule("RNN134", "checkpoint-does-not-fit", Severity.ERROR, WeightsProblem)
def checkpoint_does_not_fit(problem: WeightsProblem) -> Iterator[Problem]:
    """A weights file does not fit the layer that it is meant for.

    What it does
    ------------
    With --against, compares each parameter in the file with those of the layer, and names the
    option that makes the file's shape.

    Why is this bad?
    ----------------
    load_state_dict refuses it, and with strict=False drops surplus layers and directions without a
    word.

    Example
    -------
    $ rnnscope inspect model.pt --against "nn.LSTM(10, 20, 2)"  # RNN134: it is bidirectional

    Use instead
    -----------
    $ rnnscope inspect model.pt --against "nn.LSTM(10, 20, 2, bidirectional=True)"
    """
    if problem.kind == "checkpoint-does-not-fit":
        yield Problem(problem.message, problem.fix)
