"""RNN405: output[:, :, -1] is one hidden unit of every step."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import Usage
from rnnscope.tracing.operations import GATHERED


@rule("RNN405", "one-unit-read", Severity.WARNING, Usage)
def one_unit_read(usage: Usage) -> Iterator[Problem]:
    """One hidden unit of every step is used where one step was meant.

    What it does
    ------------
    Looks for an index on the feature axis of ``output`` whose result, one number a step, is given
    to a layer with parameters as if the steps were features.

    Why is this bad?
    ----------------
    The index is on the wrong axis: all but one of the hidden units are thrown away. It runs only
    because there are as many steps as the next layer wants features.

    Example
    -------
        gru = nn.GRU(4, 6, batch_first=True)
        head = nn.Linear(6, 2)
        output, _ = gru(torch.randn(3, 6, 4))
        logits = head(output[:, :, -1])  # RNN405

    Use instead
    -----------
        gru = nn.GRU(4, 6, batch_first=True)
        head = nn.Linear(6, 2)
        output, _ = gru(torch.randn(3, 6, 4))
        logits = head(output[:, -1, :])
    """
    if usage.config.output_size <= 1:
        return
    units = {index for what, index in usage.picked if what == "unit"}
    for part in usage.parts:
        if part.unit is None or "steps as features" not in part.reached:
            continue
        reduced = part.unit == GATHERED
        if (len(units) == 1 or reduced) and part.step is None:
            what = "makes one number of all" if reduced else f"takes hidden unit {part.unit} of"
            yield Problem(
                f"this {what} {usage.config.output_size} hidden units at each of {usage.steps} "
                "steps, and the next layer reads the steps as features",
                "output[:, -1, :]" if usage.config.batch_first else "output[-1]",
                part.location,
            )
            return
