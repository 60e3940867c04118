"""RNN751: logits and targets whose axes do not belong together."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN751", "logits-and-targets", Severity.ERROR, Reading)
def logits_and_targets(reading: Reading) -> Iterator[Problem]:
    """Classes are on axis 1 of the logits, and every logit row has one target.

    What it does
    ------------
    Explains what cross_entropy and nll_loss say about shapes.

    Why is this bad?
    ----------------
    cross_entropy takes (N, C) against (N), or (N, C, L) against (N, L). Logits of a recurrent
    layer are (N, L, C): flatten both sides, or turn the logits. Time-major logits must meet
    time-major targets. If L equals C nothing is raised.

    Example
    -------
    logits, targets = torch.randn(4, 7, 9), torch.randint(9, (4, 7))
    loss = F.cross_entropy(logits, targets)  # RNN751

    Use instead
    -----------
    logits, targets = torch.randn(4, 7, 9), torch.randint(9, (4, 7))
    loss = F.cross_entropy(logits.transpose(1, 2), targets)
    """
    if "multi-target" in reading.failure.text:
        yield Problem(
            "targets of class indices have one axis less than the logits: (N) for (N, C), and "
            "not (N, 1).",
            "F.cross_entropy(logits, targets.squeeze(-1))",
        )
    elif "batch_size" in reading.failure.text:
        rows, targets = reading.values["got"], reading.values["wanted"].strip(" ().")
        yield Problem(
            f"{rows} rows of logits meet {targets} targets: one side was flattened and the other "
            "not, or time comes first in one of them and the batch in the other.",
            "F.cross_entropy(logits.flatten(0, 1), targets.flatten())",
        )
    else:
        yield Problem(
            "cross_entropy takes the classes on axis 1: (N, C, L) against targets (N, L). The "
            "logits of a recurrent layer are (N, L, C).",
            "F.cross_entropy(logits.transpose(1, 2), targets)",
        )
