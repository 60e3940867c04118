"""RNN412: output.view(..., hidden, 2) instead of (..., 2, hidden)."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import AxisSplit


@rule("RNN412", "directions-after-units", Severity.ERROR, AxisSplit)
def directions_after_units(split: AxisSplit) -> Iterator[Problem]:
    """The last axis of a bidirectional output is split into (hidden, directions).

    What it does
    ------------
    Looks for a view of a bidirectional output whose last two axes are as many as the hidden units
    and the directions, in this order.

    Why is this bad?
    ----------------
    The last axis holds all units of the forward half, then all of the backward half: the split is
    (2, hidden). The other way round pairs neighbouring units, and each "direction" holds half of
    both.

    Example
    -------
        gru = nn.GRU(4, 6, batch_first=True, bidirectional=True)
        head = nn.Linear(6, 2)
        output, _ = gru(torch.randn(3, 5, 4))
        half = output.view(3, 5, 6, 2)[..., 0] + output[..., 6:]  # RNN412
        F.cross_entropy(head(half.mean(1)), torch.tensor([0, 1, 0])).backward()

    Use instead
    -----------
        gru = nn.GRU(4, 6, batch_first=True, bidirectional=True)
        head = nn.Linear(6, 2)
        output, _ = gru(torch.randn(3, 5, 4))
        half = output.view(3, 5, 2, 6)[:, :, 0] + output[..., 6:]
        F.cross_entropy(head(half.mean(1)), torch.tensor([0, 1, 0])).backward()
    """
    if split.outer != "directions":
        return
    yield Problem(
        f"an output {shape_text(split.before)} is split into {shape_text(split.after)}, but its "
        "last axis is (directions, hidden): all of the forward half, then all of the backward half",
        "output.view(batch, time, 2, hidden)",
        related=at(split.called_at, f"the {split.kind} runs here"),
    )
