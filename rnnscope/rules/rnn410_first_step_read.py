"""RNN410: output[:, 0] of a layer that reads forward."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import REST, ran_at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import SliceRead


@rule("RNN410", "first-step-read", Severity.WARNING, SliceRead)
def first_step_read(fact: SliceRead) -> Iterator[Problem]:
    """The first step of a forward output stands for the whole sequence.

    What it does
    ------------
    Looks for a layer with one direction of whose results the first step alone is used.

    Why is this bad?
    ----------------
    At its first step the layer has read one step only: the rest of the sequence is computed and
    thrown away, and the recurrent weights never learn.

    Example
    -------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 2)
        output, _ = gru(torch.randn(3, 5, 4))
        logits = head(output[:, 0])  # RNN410

    Use instead
    -----------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 2)
        output, _ = gru(torch.randn(3, 5, 4))
        logits = head(output[:, -1])
    """
    if fact.slice == "end" and not fact.bidirectional:
        yield Problem(
            f"only the first of {fact.of} steps is used: the {fact.kind} has read one step by then",
            "output[:, -1]" if fact.batch_first else "output[-1]",
            fact.location,
            ran_at(fact),
            proof=REST,
        )
