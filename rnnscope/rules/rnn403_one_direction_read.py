"""RNN403: h_n[-1] of a bidirectional layer is its backward half alone."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import Usage


@rule("RNN403", "one-direction-read", Severity.WARNING, Usage)
def one_direction_read(usage: Usage) -> Iterator[Problem]:
    """One direction of a bidirectional layer is used, the other one is thrown away.

    What it does
    ------------
    Looks for a bidirectional layer of whose results only one direction of h_n (or c_n) is used.

    Why is this bad?
    ----------------
    h_n is (layers*directions, batch, H_out): the last entry is the backward direction of the last
    layer, the one before it the forward direction. Half of the layer never learns.

    Example
    -------
        gru = nn.GRU(4, 6, batch_first=True, bidirectional=True)
        head = nn.Linear(6, 2)
        _, h_n = gru(torch.randn(3, 5, 4))
        logits = head(h_n[-1])  # RNN403

    Use instead
    -----------
        gru = nn.GRU(4, 6, batch_first=True, bidirectional=True)
        head = nn.Linear(12, 2)
        _, h_n = gru(torch.randn(3, 5, 4))
        logits = head(torch.cat([h_n[-2], h_n[-1]], dim=-1))
    """
    if not usage.config.bidirectional or not usage.parts:
        return
    directions = {part.direction for part in usage.parts}
    picked = {index for what, index in usage.picked if what == "direction"}
    if len(directions) != 1 or None in directions or picked != directions:
        return
    if any(part.result == "output" for part in usage.parts):
        return
    part = usage.parts[0]
    used, lost = ("forward", "backward") if part.direction == 0 else ("backward", "forward")
    yield Problem(
        f"only the {used} direction of {part.result} is used: the {lost} half of the "
        f"bidirectional {usage.config.kind} is computed and thrown away",
        "torch.cat([h_n[-2], h_n[-1]], dim=-1)  # forward and backward of the last layer",
        part.location,
        at(usage.built_at, f"the bidirectional {usage.config.kind} is built here"),
    )
