"""RNN702: the class axis of a loss is time or batch."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import related
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import LossAxes


@rule("RNN702", "class-axis", Severity.ERROR, LossAxes)
def class_axis(event: LossAxes) -> Iterator[Problem]:
    """Scores (batch, time, classes) are given to a loss that takes axis 1 for the classes.

    What it does
    ------------
    Looks for cross_entropy or nll_loss whose class axis is the one that a layer steps along.

    Why is this bad?
    ----------------
    The softmax runs over the steps. It goes unnoticed when there are as many steps as classes.

    Example
    -------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 5)
        output, _ = gru(torch.randn(3, 5, 4))
        loss = F.cross_entropy(head(output), torch.randint(0, 5, (3, 5)))  # RNN702

    Use instead
    -----------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 5)
        output, _ = gru(torch.randn(3, 5, 4))
        loss = F.cross_entropy(head(output).transpose(1, 2), torch.randint(0, 5, (3, 5)))
    """
    if event.kind != "classes":
        return
    yield Problem(
        f"{event.loss} takes axis 1 of {shape_text(event.scores)} for the classes, but it is the "
        f"{event.detail} axis; the classes are the last axis",
        f"{event.loss}(scores.transpose(1, 2), targets)",
        related=related(event.evidence),
    )
