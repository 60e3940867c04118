"""RNN135: weights with which no layer computes anything of use."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.weights import WeightsProblem


@rule("RNN135", "broken-weights", Severity.ERROR, WeightsProblem)
def broken_weights(problem: WeightsProblem) -> Iterator[Problem]:
    """Weights are not finite, all zero, or the same for two gates.

    What it does
    ------------
    With --values, reads the numbers of each gate's block: NaN and infinite ones, weights that are
    all zero, and two gates whose weights and biases are all equal.

    Why is this bad?
    ----------------
    One NaN makes every later output NaN. A gate whose weights are all zero reads nothing. Two gates
    with equal weights were copied by mistake.

    Example
    -------
    $ rnnscope inspect model.pt --values  # RNN135: W_hf holds 3 NaN

    Use instead
    -----------
    Load the last checkpoint before the loss became NaN, and clip the gradients.
    """
    if problem.kind == "broken-weights":
        yield Problem(problem.message, problem.fix)
