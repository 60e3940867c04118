"""RNN133: parameters named like a layer's that no layer has."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.weights import WeightsProblem


@rule("RNN133", "weights-of-no-layer", Severity.WARNING, WeightsProblem)
def weights_of_no_layer(problem: WeightsProblem) -> Iterator[Problem]:
    """A file holds parameters with the names of a recurrent layer that no torch.nn layer has.

    What it does
    ------------
    Compares names, shapes and dtypes of the parameters in a weights file with those of every
    configuration, and says which one is missing, left over or of another shape.

    Why is this bad?
    ----------------
    load_state_dict refuses them, or with strict=False leaves the rest of the layer at random.

    Example
    -------
    $ rnnscope inspect model.pt  # RNN133: bias_hh_l0 is missing

    Use instead
    -----------
    Save the whole layer: torch.save(model.state_dict(), "model.pt").
    """
    if problem.kind == "weights-of-no-layer":
        yield Problem(problem.message, problem.fix)
