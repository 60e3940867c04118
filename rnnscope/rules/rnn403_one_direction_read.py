"""RNN403: h_n[-1] of a bidirectional layer is its backward half alone."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import REST, ran_at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import SliceRead


@rule("RNN403", "one-direction-read", Severity.WARNING, SliceRead)
def one_direction_read(fact: SliceRead) -> Iterator[Problem]:
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
    if fact.slice != "direction":
        return
    used, lost = ("backward", "forward") if fact.index else ("forward", "backward")
    whole = "all of output" if fact.result == "output" else "torch.cat([h_n[-2], h_n[-1]], dim=-1)"
    yield Problem(
        f"only the {used} direction of {fact.result} is used: the {lost} half of the "
        f"bidirectional {fact.kind} is computed and thrown away",
        f"{whole}  # forward and backward of the last layer",
        fact.location,
        ran_at(fact),
        proof=REST,
    )
