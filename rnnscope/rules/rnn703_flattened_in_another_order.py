"""RNN703: scores and targets flattened in different orders."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import related
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import LossAxes


@rule("RNN703", "flattened-in-another-order", Severity.ERROR, LossAxes)
def flattened_in_another_order(event: LossAxes) -> Iterator[Problem]:
    """Scores flattened as (time, batch) are compared with targets flattened as (batch, time).

    What it does
    ------------
    Follows both through ``view(-1, …)`` into the loss and compares the order of their axes.

    Why is this bad?
    ----------------
    Every score is compared with the target of another step of another sample. The lengths are
    the same, so nothing complains.

    Example
    -------
        gru, head = nn.GRU(4, 6), nn.Linear(6, 2)
        x = pad_sequence([torch.randn(5, 4) for _ in range(3)])
        y = pad_sequence([torch.randint(0, 2, (5,)) for _ in range(3)], batch_first=True)
        output, _ = gru(x)
        loss = F.cross_entropy(head(output).view(-1, 2), y.view(-1))  # RNN703

    Use instead
    -----------
        gru, head = nn.GRU(4, 6), nn.Linear(6, 2)
        x = pad_sequence([torch.randn(5, 4) for _ in range(3)])
        y = pad_sequence([torch.randint(0, 2, (5,)) for _ in range(3)])
        output, _ = gru(x)
        loss = F.cross_entropy(head(output).view(-1, 2), y.view(-1))
    """
    if event.kind != "order":
        return
    yield Problem(
        f"scores and targets of {event.loss} are flattened in different orders: {event.detail}",
        "bring both into the same order first: scores.transpose(0, 1)",
        related=related(event.evidence),
    )
