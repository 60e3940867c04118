"""RNN713: packed predictions against targets that stand sequence by sequence."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import shaped_at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import OthersTarget


@rule("RNN713", "packed-against-masked", Severity.ERROR, OthersTarget)
def packed_against_masked(fact: OthersTarget) -> Iterator[Problem]:
    """Scores of packed data meet targets that a mask picked, or a list: their orders differ.

    What it does
    ------------
    Changes one sequence, and then its targets, and looks which errors move: those of one stand
    where packing puts its steps, those of the other in one piece.

    Why is this bad?
    ----------------
    ``packed.data`` lists all first steps, then all second steps; a mask lists sequence after
    sequence. There are as many of both, so torch says nothing, and nearly every step is trained
    with another step's target.

    Example
    -------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
        lengths = torch.tensor([5, 3, 2])
        x, tags = torch.randn(3, 5, 4), torch.randint(0, 3, (3, 5))
        packed, _ = gru(pack_padded_sequence(x, lengths, batch_first=True))
        gold = tags[torch.arange(5) < lengths.unsqueeze(1)]
        F.cross_entropy(head(packed.data), gold).backward()  # RNN713

    Use instead
    -----------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
        lengths = torch.tensor([5, 3, 2])
        x, tags = torch.randn(3, 5, 4), torch.randint(0, 3, (3, 5))
        packed, _ = gru(pack_padded_sequence(x, lengths, batch_first=True))
        gold = pack_padded_sequence(tags, lengths, batch_first=True).data
        F.cross_entropy(head(packed.data), gold).backward()
    """
    if fact.kind != "packed":
        return
    yield Problem(
        f"{fact.loss} compares {shape_text(fact.predictions)} with {shape_text(fact.targets)}, and "
        "one of them is packed, step by step, the other stands sequence by sequence: nearly every "
        "pair is of different steps",
        "pack the targets with the same lengths, and use their .data",
        fact.location,
        shaped_at(fact),
    )
