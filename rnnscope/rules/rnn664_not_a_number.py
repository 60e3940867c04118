"""RNN664: a gate computes a NaN or an infinity; the first one is named."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.gating import Activity


@rule("RNN664", "not-a-number", Severity.WARNING, Activity)
def not_a_number(activity: Activity) -> Iterator[Problem]:
    """A gate computes NaN or infinity, and every later step has it from there.

    What it does
    ------------
    Names the lowest layer, its first step and the gate in which a value is no number any more, and
    the input or the weight that was none before.

    Why is this bad?
    ----------------
    From there it spreads to all units of all later steps, to the loss, and by one update to every
    weight.

    Example
    -------
        x = torch.randn(20, 2, 4)
        x[3, 0, 1] = float("nan")
        seen = rnnscope.gates(nn.GRU(4, 8), x)  # RNN664

    Use instead
    -----------
        x = torch.randn(20, 2, 4)
        x[3, 0, 1] = float("nan")
        seen = rnnscope.gates(nn.GRU(4, 8), x.nan_to_num())
    """
    first = activity.not_finite
    if first is not None:
        source = f": {first.source} has one already" if first.source else ", from numbers alone"
        yield Problem(
            f"the first NaN or infinity is in {first.gate} of {activity.name} at "
            f"t={first.step}{source}.",
            fix="clean the data that come in"
            if first.source == "the input"
            else "lower the learning rate, clip the gradients, or look at what last changed the "
            "weights",
        )
