"""RNN612: a beam search reorders its hypotheses, and not their states."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import RowsLeft


@rule("RNN612", "state-of-another-row", Severity.ERROR, RowsLeft)
def state_of_another_row(fact: RowsLeft) -> Iterator[Problem]:
    """What was chosen so far is put in another order of rows, and the states are not.

    What it does
    ------------
    Looks at loops that choose among their rows, as a beam search does: what the layer has read so
    far is gathered by an index that was made of its answers. Reports a loop whose states go on
    just as the layer left them, so that a row goes on from the state of another one.

    Why is this bad?
    ----------------
    A hypothesis is scored with the memory of another hypothesis: the search returns sentences
    that the model itself finds unlikely, and no error tells.

    Example
    -------
        cell, embed, out = nn.GRUCell(4, 6), nn.Embedding(9, 4), nn.Linear(6, 9)
        h, words, scores = torch.randn(3, 6), torch.arange(3)[:, None], torch.zeros(3, 1)
        for _ in range(4):
            h = cell(embed(words[:, -1]), h)
            scores, best = (out(h).log_softmax(-1) + scores).flatten().topk(3)
            words = torch.cat([words[best // 9], (best % 9)[:, None]], dim=1)  # RNN612
            scores = scores[:, None]

    Use instead
    -----------
        cell, embed, out = nn.GRUCell(4, 6), nn.Embedding(9, 4), nn.Linear(6, 9)
        h, words, scores = torch.randn(3, 6), torch.arange(3)[:, None], torch.zeros(3, 1)
        for _ in range(4):
            h = cell(embed(words[:, -1]), h)
            scores, best = (out(h).log_softmax(-1) + scores).flatten().topk(3)
            words = torch.cat([words[best // 9], (best % 9)[:, None]], dim=1)
            scores, h = scores[:, None], h[best // 9]
    """
    yield Problem(
        f"what was chosen so far is put in another order here, and the state of this {fact.kind} "
        f"is not: row {fact.row} goes on with what row {fact.origin} has read, and with its own "
        "state",
        "put the state in the same order: h = h[order]",
        fact.location,
        at(fact.given_at, f"the {fact.kind} goes on from the state as it was here"),
    )
