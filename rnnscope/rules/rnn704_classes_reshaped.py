"""RNN704: (batch, classes, time) scores reshaped to (-1, classes)."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text, tuple_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import related
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import Tangled


@rule("RNN704", "classes-reshaped", Severity.ERROR, Tangled)
def classes_reshaped(event: Tangled) -> Iterator[Problem]:
    """Scores with the classes before the steps are reshaped as if the classes came last.

    What it does
    ------------
    Looks for a reshape of (batch, classes, time) to (-1, classes): the new last axis is as long
    as the classes, but is made of steps.

    Why is this bad?
    ----------------
    Scores of neighbouring steps of one class are taken for the scores of all classes at one step.

    Example
    -------
        gru, score = nn.GRU(4, 6, batch_first=True), nn.Conv1d(6, 2, 3, padding=1)
        output, _ = gru(torch.randn(3, 8, 4))
        scores = score(output.transpose(1, 2)).reshape(-1, 2)  # RNN704

    Use instead
    -----------
        gru, score = nn.GRU(4, 6, batch_first=True), nn.Conv1d(6, 2, 3, padding=1)
        output, _ = gru(torch.randn(3, 8, 4))
        scores = score(output.transpose(1, 2)).transpose(1, 2).reshape(-1, 2)
    """
    if event.kind != "classes":
        return
    yield Problem(
        f"{tuple_text(list(event.names))} = {shape_text(event.before)} is reshaped to "
        f"{shape_text(event.after)}: its last axis holds neighbouring steps, not the classes",
        "move the classes to the last axis first: scores.transpose(1, 2)",
        related=related(event.evidence),
        values={"before": event.before, "after": event.after},
    )
