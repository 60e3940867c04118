"""RNN713: packed scores against targets picked by a mask."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import OrdersOfPacking


@rule("RNN713", "packed-against-masked", Severity.ERROR, OrdersOfPacking)
def packed_against_masked(event: OrdersOfPacking) -> Iterator[Problem]:
    """Scores of packed data meet targets that a mask picked: their orders differ.

    What it does
    ------------
    Follows ``packed.data`` through layers to the loss, and looks whether the targets were picked
    from a padded tensor by a boolean mask.

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
        gold = tags[torch.arange(5) < lengths.unsqueeze(1)]  # RNN713
        F.cross_entropy(head(packed.data), gold).backward()

    Use instead
    -----------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
        lengths = torch.tensor([5, 3, 2])
        x, tags = torch.randn(3, 5, 4), torch.randint(0, 3, (3, 5))
        packed, _ = gru(pack_padded_sequence(x, lengths, batch_first=True))
        gold = pack_padded_sequence(tags, lengths, batch_first=True).data
        F.cross_entropy(head(packed.data), gold).backward()
    """
    met = event.loss if event.loss != event.location else None
    yield Problem(
        f"{event.size} scores of packed data, step by step, are compared with targets that a mask "
        "picked sequence by sequence: nearly every pair is of different steps",
        "pack the targets with the same lengths, and use their .data",
        event.location,
        at(met, "they meet in the loss here"),
    )
