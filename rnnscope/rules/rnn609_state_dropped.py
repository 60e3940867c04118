"""RNN609: a state is there for a layer to begin from, and it begins from zeros."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import StateDropped


@rule("RNN609", "state-dropped", Severity.WARNING, StateDropped)
def state_dropped(fact: StateDropped) -> Iterator[Problem]:
    """A decoder begins from zeros, though the state that it was to begin from was computed.

    What it does
    ------------
    Looks for a layer that begins from zeros beside a tensor of just the form of its states that
    nobody reads: one made by an encoder or a linear layer whose weights work for nothing else, or
    what the layer itself left in the step before, detached to be carried on.

    Why is this bad?
    ----------------
    The decoder knows nothing of what was encoded, and the encoder gets no gradient at all. In
    truncated backpropagation each piece of a sequence is read as if nothing came before it.

    Example
    -------
        encoder, decoder = nn.GRU(4, 6, batch_first=True), nn.GRU(4, 6, batch_first=True)
        head = nn.Linear(6, 4)
        for x in torch.randn(3, 2, 5, 4):
            _, h_n = encoder(x)
            output, _ = decoder(x)  # RNN609
            F.mse_loss(head(output[:, :-1]), x[:, 1:]).backward()

    Use instead
    -----------
        encoder, decoder = nn.GRU(4, 6, batch_first=True), nn.GRU(4, 6, batch_first=True)
        head = nn.Linear(6, 4)
        for x in torch.randn(3, 2, 5, 4):
            _, h_n = encoder(x)
            output, _ = decoder(x, h_n)
            F.mse_loss(head(output[:, :-1]), x[:, 1:]).backward()
    """
    whose = (
        "what it left in the step before is kept, and nobody reads it"
        if fact.carried
        else "a state of just its form was computed, and nobody reads it: the weights that made it "
        "learn nothing"
    )
    yield Problem(
        f"this {fact.kind} begins from zeros, while {whose}",
        "give it the state: output, state = rnn(input, state)",
        fact.location,
        at(fact.made_at, "the state that nobody reads is made here"),
    )
