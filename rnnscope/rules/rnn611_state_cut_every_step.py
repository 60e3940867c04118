"""RNN611: a loop over steps detaches its state in every step."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import StateCut


@rule("RNN611", "state-cut-every-step", Severity.WARNING, StateCut)
def state_cut_every_step(fact: StateCut) -> Iterator[Problem]:
    """A cell is given its state without gradients in every step, and only the last step is read.

    What it does
    ------------
    Follows the gradients of a loss back through the steps of a loop. Reports a loop in which they
    come to the last step alone, because each state is detached before it is handed on. With a loss
    in every step, or where a long sequence is detached between its pieces, it says nothing.

    Why is this bad?
    ----------------
    The cell is never told what it should have remembered: nothing that it read before the last
    step can be learnt. Detaching is for the end of a piece of a long sequence.

    Example
    -------
        cell, head = nn.GRUCell(4, 6), nn.Linear(6, 2)
        h = torch.zeros(3, 6)
        for x in torch.randn(5, 3, 4):
            h = cell(x, h.detach())  # RNN611
        F.cross_entropy(head(h), torch.tensor([0, 1, 1])).backward()

    Use instead
    -----------
        cell, head = nn.GRUCell(4, 6), nn.Linear(6, 2)
        h = torch.zeros(3, 6)
        for x in torch.randn(5, 3, 4):
            h = cell(x, h)
        F.cross_entropy(head(h), torch.tensor([0, 1, 1])).backward()
    """
    yield Problem(
        f"the state of this {fact.kind} goes on without its graph (.{fact.function}) in each of "
        f"{fact.steps} steps, and the loss "
        "reads the last one: no gradient comes to any step before",
        "hand the state on as it is; detach it once, before the first step",
        fact.location,
        (*at(fact.called_at, f"the {fact.kind} runs here"), *at(fact.built_at, "it is built here")),
    )
