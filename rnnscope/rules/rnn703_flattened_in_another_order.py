"""RNN703: predictions and targets listed in different orders."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import shaped_at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import OthersTarget


@rule("RNN703", "flattened-in-another-order", Severity.ERROR, OthersTarget)
def flattened_in_another_order(fact: OthersTarget) -> Iterator[Problem]:
    """Scores flattened as (time, batch) are compared with targets flattened as (batch, time).

    What it does
    ------------
    Changes one sample, and then its target, and looks which errors move: those of one stand in one
    piece, those of the other as far apart as there are samples.

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
        loss.backward()

    Use instead
    -----------
        gru, head = nn.GRU(4, 6), nn.Linear(6, 2)
        x = pad_sequence([torch.randn(5, 4) for _ in range(3)])
        y = pad_sequence([torch.randint(0, 2, (5,)) for _ in range(3)])
        output, _ = gru(x)
        loss = F.cross_entropy(head(output).view(-1, 2), y.view(-1))
        loss.backward()
    """
    if fact.kind != "order":
        return
    yield Problem(
        f"samples and steps are listed in two orders where {fact.loss} compares "
        f"{shape_text(fact.predictions)} with {shape_text(fact.targets)}: the one sample by "
        "sample, the other step by step",
        "bring both into the same order first: scores.transpose(0, 1)",
        fact.location,
        shaped_at(fact),
    )
