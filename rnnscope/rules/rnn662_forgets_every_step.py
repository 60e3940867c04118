"""RNN662: the gate that keeps the state is closed for every unit at every step."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.gating import Activity


@rule("RNN662", "forgets-every-step", Severity.HINT, Activity)
def forgets_every_step(activity: Activity) -> Iterator[Problem]:
    """The forget gate is closed for every unit: the layer remembers one step.

    What it does
    ------------
    Looks whether the gate that keeps the old state, an LSTM's forget gate or a GRU's update gate,
    is below 0.05 for every unit, at every step of every sample that ``rnnscope.gates`` has seen.

    Why is this bad?
    ----------------
    What is left of a state after two steps is less than 0.05 * 0.05: the layer is no better than
    a window of one step, and at such values sigmoid's slope lets hardly any gradient open the gate.

    Example
    -------
        lstm = nn.LSTM(4, 8)
        nn.init.constant_(lstm.bias_ih_l0[8:16], -9.0)
        seen = rnnscope.gates(lstm, torch.randn(20, 2, 4))  # RNN662

    Use instead
    -----------
        lstm = nn.LSTM(4, 8)
        nn.init.constant_(lstm.bias_ih_l0[8:16], 1.0)
        seen = rnnscope.gates(lstm, torch.randn(20, 2, 4))
    """
    if activity.forgetting is not None:
        yield Problem(
            f"the {activity.forgetting} gate of {activity.name} is below 0.05 for all "
            f"{activity.units} units at every step: nothing is remembered.",
            fix="look at the gate's bias and at the scale of the input; a bias of 1 starts it open",
        )
