"""RNN608: a layer is called step after step, and begins from nothing each time."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import StateNeverHandedOn


@rule("RNN608", "state-never-handed-on", Severity.WARNING, StateNeverHandedOn)
def state_never_handed_on(fact: StateNeverHandedOn) -> Iterator[Problem]:
    """A cell, or a layer of single steps, never gets the state that it returned.

    What it does
    ------------
    Looks for calls of one layer, one step each, that follow each other within one step of
    training and all begin from zeros, so that its recurrent weights get no gradient at all.

    Why is this bad?
    ----------------
    A cell does not remember: what it returned must be given to its next call. Without it the
    layer is a feed-forward one, and weight_hh stays as it was drawn.

    Example
    -------
        cell, head = nn.GRUCell(4, 6), nn.Linear(6, 2)
        for x in torch.randn(5, 3, 4):
            h = cell(x)  # RNN608
        F.cross_entropy(head(h), torch.tensor([0, 1, 1])).backward()

    Use instead
    -----------
        cell, head, h = nn.GRUCell(4, 6), nn.Linear(6, 2), None
        for x in torch.randn(5, 3, 4):
            h = cell(x, h)
        F.cross_entropy(head(h), torch.tensor([0, 1, 1])).backward()
    """
    yield Problem(
        f"this {fact.kind} is called {fact.times} times, one step each, and begins anew each "
        "time: nothing goes on from one step to the next",
        "give it the state that the call before returned",
        fact.location,
        at(fact.built_at, "it is built here"),
    )
