"""RNN313: attention weights that are normalised over the queries."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import SharesElsewhere


@rule("RNN313", "shares-of-other-steps", Severity.ERROR, SharesElsewhere)
def shares_of_other_steps(fact: SharesElsewhere) -> Iterator[Problem]:
    """A softmax over the steps of the decoder, for a sum over the steps of the encoder.

    What it does
    ------------
    Looks for weights that add up to 1 over the steps of one sequence, and changes them: those of
    its steps stay apart in what they are used for, while those along the steps of another one, or
    along another axis of the same one, meet in a weighted sum.

    Why is this bad?
    ----------------
    Attention scores are (batch, queries, keys): every query shares its attention among the keys.
    With the softmax over the queries the weights of one query add up to anything, and what a step
    of the decoder gets depends on the later ones.

    Example
    -------
        encoder, decoder = nn.GRU(4, 6, batch_first=True), nn.GRU(4, 6, batch_first=True)
        head = nn.Linear(6, 3)
        memory, h_n = encoder(torch.randn(3, 7, 4))
        queries, _ = decoder(torch.randn(3, 5, 4), h_n)
        weights = torch.bmm(queries, memory.transpose(1, 2)).softmax(dim=1)  # RNN313
        scores = head(torch.bmm(weights, memory))
        F.cross_entropy(scores.transpose(1, 2), torch.randint(0, 3, (3, 5))).backward()

    Use instead
    -----------
        encoder, decoder = nn.GRU(4, 6, batch_first=True), nn.GRU(4, 6, batch_first=True)
        head = nn.Linear(6, 3)
        memory, h_n = encoder(torch.randn(3, 7, 4))
        queries, _ = decoder(torch.randn(3, 5, 4), h_n)
        weights = torch.bmm(queries, memory.transpose(1, 2)).softmax(dim=2)
        scores = head(torch.bmm(weights, memory))
        F.cross_entropy(scores.transpose(1, 2), torch.randint(0, 3, (3, 5))).backward()
    """
    if fact.use != "steps":
        return
    yield Problem(
        f"{fact.function}() makes weights that add up to 1 along axis {fact.axis} of "
        f"{shape_text(fact.shape)}, the steps of the queries, and they are then summed over the "
        f"steps of the keys, axis {fact.other}",
        f"softmax over the axis of the keys: dim={fact.other}",
        fact.location,
        at(fact.read_at, "they are summed here"),
    )
