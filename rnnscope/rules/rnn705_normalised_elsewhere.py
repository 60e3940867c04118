"""RNN705: log_softmax over another axis than the one that nll_loss takes for the classes."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import related
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import LossAxes


@rule("RNN705", "normalised-elsewhere", Severity.ERROR, LossAxes)
def normalised_elsewhere(event: LossAxes) -> Iterator[Problem]:
    """log_softmax runs over the steps or the samples, nll_loss expects it over the classes.

    What it does
    ------------
    Follows the axis of a log_softmax into nll_loss and compares it with the class axis.

    Why is this bad?
    ----------------
    The probabilities of the classes do not sum to 1 at any step, and the loss of one step depends
    on the scores of the others.

    Example
    -------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 7)
        output, _ = gru(torch.randn(3, 5, 4))
        scores = F.log_softmax(head(output), dim=1)  # RNN705
        loss = F.nll_loss(scores.view(-1, 7), torch.randint(0, 7, (15,)))

    Use instead
    -----------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 7)
        output, _ = gru(torch.randn(3, 5, 4))
        scores = F.log_softmax(head(output), dim=-1)
        loss = F.nll_loss(scores.view(-1, 7), torch.randint(0, 7, (15,)))
    """
    if event.kind != "normalised":
        return
    known = event.evidence[0].meaning if event.evidence else "another axis"
    yield Problem(
        f"{event.detail} runs over the {known} axis, but {event.loss} takes another axis of "
        f"{shape_text(event.scores)} for the classes",
        "log_softmax over the axis of the classes, dim=-1",
        related=related(event.evidence),
    )
