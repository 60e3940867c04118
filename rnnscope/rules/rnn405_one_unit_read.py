"""RNN405: output[:, :, -1] is one hidden unit of every step."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import ran_at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import SliceRead


@rule("RNN405", "one-unit-read", Severity.WARNING, SliceRead)
def one_unit_read(fact: SliceRead) -> Iterator[Problem]:
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
    if fact.slice not in ("unit", "units"):
        return
    one = f"takes hidden unit {fact.index} of"
    what = "makes one number of all" if fact.slice == "units" else one
    yield Problem(
        f"this {what} {fact.of} hidden units at each step, and what follows reads the steps as "
        "features",
        "output[:, -1, :]" if fact.batch_first else "output[-1]",
        fact.location,
        ran_at(fact),
    )
