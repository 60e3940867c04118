"""RNN701: (N, 1) predictions against (N,) targets."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import LossAxes


@rule("RNN701", "every-pair-compared", Severity.ERROR, LossAxes)
def every_pair_compared(event: LossAxes) -> Iterator[Problem]:
    """A prediction (N, 1) is compared with a target (N,), which gives (N, N).

    What it does
    ------------
    Looks for the one output of a layer, a column, that meets a 1-D tensor as long as the batch on
    its way into a loss; and for a column that meets the losses of ``reduction="none"``.

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

    Use instead
    -----------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 1)
        x, y = torch.randn(3, 5, 4), torch.randn(3)
        _, h_n = gru(x)
        loss = ((head(h_n[-1]).squeeze(1) - y) ** 2).mean()
    """
    if event.kind == "weights":
        yield Problem(
            f"{list(event.scores)} and {list(event.targets)} broadcast to a table of all pairs: "
            "the loss of every sample meets the weight of every other one",
            "weight.squeeze(-1)",
        )
    if event.kind != "pairs":
        return
    yield Problem(
        f"{event.detail or 'a column and a row'} broadcast to a table of all pairs: every "
        "prediction is compared with every target",
        "prediction.squeeze(-1), or target.unsqueeze(-1)",
    )
