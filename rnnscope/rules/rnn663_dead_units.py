"""RNN663: more than half of the units give the same value at every step of every sample."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.gating import Activity


@rule("RNN663", "dead-units", Severity.HINT, Activity)
def dead_units(activity: Activity) -> Iterator[Problem]:
    """More than half of the units stand still, whatever the input.

    What it does
    ------------
    Counts the units whose h moves by less than 0.001 over all steps and samples that
    ``rnnscope.gates`` has seen.

    Why is this bad?
    ----------------
    A unit that always says the same tells the next layer nothing that a bias could not: the layer
    is as narrow as the units that are left. relu that never fires and gates that are stuck at one
    end do this, and so does an input that is constant or of the wrong scale.

    Example
    -------
        rnn = nn.RNN(4, 8, nonlinearity="relu")
        nn.init.constant_(rnn.bias_ih_l0, -20.0)
        seen = rnnscope.gates(rnn, torch.randn(20, 2, 4))  # RNN663

    Use instead
    -----------
        rnn = nn.RNN(4, 8, nonlinearity="relu")
        nn.init.zeros_(rnn.bias_ih_l0)
        seen = rnnscope.gates(rnn, torch.randn(20, 2, 4))
    """
    if activity.dead is not None and activity.dead > activity.units / 2:
        yield Problem(
            f"{activity.dead} of {activity.units} units of {activity.name} stand still: their h "
            "moves by less than 0.001 over all steps and samples.",
            fix="look at the scale of the input and of the biases; with relu, at the learning rate",
        )
