"""RNN402: the last step of a bidirectional output."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import REST, ran_at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import SliceRead


@rule("RNN402", "last-step-of-both-directions", Severity.WARNING, SliceRead)
def last_step_of_both_directions(fact: SliceRead) -> Iterator[Problem]:
    """The last (or first) step of a bidirectional output stands for the whole sequence.

    What it does
    ------------
    Looks for a bidirectional layer of whose output one end alone is used, both directions of it.

    Why is this bad?
    ----------------
    At the last step the backward direction has seen one step only; it has read the whole
    sequence at the first. Half of the summary knows next to nothing.

    Example
    -------
        lstm = nn.LSTM(4, 6, batch_first=True, bidirectional=True)
        head = nn.Linear(12, 2)
        output, _ = lstm(torch.randn(3, 5, 4))
        logits = head(output[:, -1])  # RNN402

    Use instead
    -----------
        lstm = nn.LSTM(4, 6, batch_first=True, bidirectional=True)
        head = nn.Linear(12, 2)
        output, (h_n, _) = lstm(torch.randn(3, 5, 4))
        logits = head(torch.cat([h_n[-2], h_n[-1]], dim=-1))
    """
    if fact.slice != "end" or not fact.bidirectional:
        return
    other, seen = ("backward", "first") if fact.index else ("forward", "last")
    yield Problem(
        f"of {fact.of} steps of a bidirectional output the {other} half is read where it has seen "
        f"one input only: it has read everything at the {seen} step",
        "torch.cat([h_n[-2], h_n[-1]], dim=-1)  # the final state of each direction",
        fact.location,
        ran_at(fact),
        proof=REST,
    )
