"""RNN702: the class axis of a loss is time or batch."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import ClassAxis


@rule("RNN702", "class-axis", Severity.ERROR, ClassAxis)
def class_axis(found: ClassAxis) -> Iterator[Problem]:
    """Scores (batch, time, classes) are given to a loss that takes axis 1 for the classes.

    What it does
    ------------
    Changes the weights of single units of the last layer, and looks along which axis of the scores
    each unit has a place of its own.

    Why is this bad?
    ----------------
    The softmax runs over the steps. It goes unnoticed when there are as many steps as classes.

    Example
    -------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 5)
        output, _ = gru(torch.randn(3, 5, 4))
        F.cross_entropy(head(output), torch.randint(0, 5, (3, 5))).backward()  # RNN702

    Use instead
    -----------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 5)
        output, _ = gru(torch.randn(3, 5, 4))
        F.cross_entropy(head(output).transpose(1, 2), torch.randint(0, 5, (3, 5))).backward()
    """
    yield Problem(
        f"{found.loss} takes axis 1 of {shape_text(found.scores)} for the classes, but the units "
        f"of the last layer are along axis {found.axis}",
        f"{found.loss}(scores.transpose(1, {found.axis}), targets)",
        found.location,
        at(found.made_at if found.made_at != found.location else None, "the scores are made here"),
    )
