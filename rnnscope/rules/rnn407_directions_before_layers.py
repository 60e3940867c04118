"""RNN407: h_n.view(directions, layers, …) instead of (layers, directions, …)."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import REST, ran_at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import SliceRead


@rule("RNN407", "directions-before-layers", Severity.ERROR, SliceRead)
def directions_before_layers(fact: SliceRead) -> Iterator[Problem]:
    """Of some layers one direction is read, and of others the other one.

    What it does
    ------------
    Looks for a bidirectional stack of whose final states neither whole layers nor one direction of
    several layers are read, but a part that cuts across both, as does
    ``h_n.view(2, num_layers, batch, hidden)[0]``.

    Why is this bad?
    ----------------
    The entries of h_n are layer 0 forward, layer 0 backward, layer 1 forward, and so on: the split
    is (num_layers, directions). The other way round gives entries of different layers one place.

    Example
    -------
        gru = nn.GRU(4, 6, num_layers=3, bidirectional=True)
        head = nn.Linear(12, 2)
        _, h_n = gru(torch.randn(5, 7, 4))
        forward, backward = h_n.view(2, 3, 7, 6)[:, -1]  # RNN407
        head(torch.cat((forward, backward), dim=1)).sum().backward()

    Use instead
    -----------
        gru = nn.GRU(4, 6, num_layers=3, bidirectional=True)
        head = nn.Linear(12, 2)
        _, h_n = gru(torch.randn(5, 7, 4))
        forward, backward = h_n.view(3, 2, 7, 6)[-1]
        head(torch.cat((forward, backward), dim=1)).sum().backward()
    """
    if fact.slice != "slots":
        return
    yield Problem(
        f"this takes one direction of some of the {fact.of} layers in {fact.result} and the other "
        "direction of others: its entries are layer 0 forward, layer 0 backward, layer 1 forward, "
        "and so on",
        "h_n.view(num_layers, 2, batch, hidden)",
        fact.location,
        ran_at(fact),
        proof=REST,
    )
