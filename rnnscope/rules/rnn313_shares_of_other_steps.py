"""RNN313: attention weights that are normalised over the queries."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at, related
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import SharesAcross


@rule("RNN313", "shares-of-other-steps", Severity.ERROR, SharesAcross)
def shares_of_other_steps(event: SharesAcross) -> Iterator[Problem]:
    """A softmax over the steps of the decoder, for a sum over the steps of the encoder.

    What it does
    ------------
    Looks for weights that a softmax made to add up to 1 along one axis of steps, and that are then
    multiplied with values and summed along another one.

    Why is this bad?
    ----------------
    Attention scores are (batch, queries, keys): every query shares its attention among the keys.
    With the softmax over the queries the weights of one query add up to anything, and what a step
    of the decoder gets depends on the later ones.

    Example
    -------
        encoder, decoder = nn.GRU(4, 6, batch_first=True), nn.GRU(4, 6, batch_first=True)
        memory, h_n = encoder(torch.randn(3, 7, 4))
        queries, _ = decoder(torch.randn(3, 5, 4), h_n)
        weights = torch.bmm(queries, memory.transpose(1, 2)).softmax(dim=1)  # RNN313
        context = torch.bmm(weights, memory)

    Use instead
    -----------
        encoder, decoder = nn.GRU(4, 6, batch_first=True), nn.GRU(4, 6, batch_first=True)
        memory, h_n = encoder(torch.randn(3, 7, 4))
        queries, _ = decoder(torch.randn(3, 5, 4), h_n)
        weights = torch.bmm(queries, memory.transpose(1, 2)).softmax(dim=2)
        context = torch.bmm(weights, memory)
    """
    yield Problem(
        f"{event.operation} makes the weights add up to 1 over the steps of the queries, and they "
        "are then summed over the steps of the keys",
        "softmax over the axis of the keys: dim=-1 of (batch, queries, keys)",
        event.location,
        related((event.shared, event.summed)) + at(event.used, "they are summed here"),
    )
