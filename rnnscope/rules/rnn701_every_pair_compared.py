"""RNN701: (N, 1) predictions against (N,) targets."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import shaped_at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import OthersTarget

_WHO = {
    "pairs": ("prediction", "target", "prediction.squeeze(-1), or target.unsqueeze(-1)"),
    "weights": ("sample's loss", "sample's weight", "weights.squeeze(-1)"),
}


@rule("RNN701", "every-pair-compared", Severity.ERROR, OthersTarget)
def every_pair_compared(fact: OthersTarget) -> Iterator[Problem]:
    """A prediction (N, 1) is compared with a target (N,), which gives (N, N).

    What it does
    ------------
    Changes one sample, and then its target, and looks which errors move: there are more of them
    than predictions or targets, and those of one sample meet those of others. The same of losses
    that meet a column of weights.

    Why is this bad?
    ----------------
    Broadcasting pairs every prediction with every target. The best answer to that is the mean of
    all targets for every sample, and the loss falls towards it.

    Example
    -------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 1)
        x, y = torch.randn(3, 5, 4), torch.randn(3)
        _, h_n = gru(x)
        loss = ((head(h_n[-1]) - y) ** 2).mean()  # RNN701
        loss.backward()

    Use instead
    -----------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 1)
        x, y = torch.randn(3, 5, 4), torch.randn(3)
        _, h_n = gru(x)
        loss = ((head(h_n[-1]).squeeze(1) - y) ** 2).mean()
        loss.backward()
    """
    if fact.kind not in _WHO:
        return
    one, other, fix = _WHO[fact.kind]
    yield Problem(
        f"{shape_text(fact.predictions)} and {shape_text(fact.targets)} broadcast to "
        f"{shape_text(fact.errors)} in {fact.loss}: every {one} meets every {other}",
        fix,
        fact.location,
        shaped_at(fact),
    )
