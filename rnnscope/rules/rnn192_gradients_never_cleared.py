"""RNN192: an optimizer steps along the sum of all gradients so far."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import GradientsKept


@rule("RNN192", "gradients-never-cleared", Severity.WARNING, GradientsKept)
def gradients_never_cleared(fact: GradientsKept) -> Iterator[Problem]:
    """Gradients of earlier steps are still there when the next ones are computed.

    What it does
    ------------
    Looks, at the first backward after an optimizer has stepped, whether the gradients that it
    stepped along are still there, and are what it steps along again. Gradients that several
    backward passes add up before one step are left alone.

    Why is this bad?
    ----------------
    backward adds to what is there. Without zero_grad each step goes along the sum of all gradients
    since the beginning, most of them of parameters that have changed since.

    Example
    -------
        gru, head = nn.GRU(4, 6), nn.Linear(6, 2)
        optimizer = torch.optim.SGD([*gru.parameters(), *head.parameters()], lr=0.1)
        for _ in range(4):
            loss = F.cross_entropy(head(gru(torch.randn(5, 3, 4))[1][-1]), torch.tensor([0, 1, 1]))
            loss.backward()  # RNN192
            optimizer.step()

    Use instead
    -----------
        gru, head = nn.GRU(4, 6), nn.Linear(6, 2)
        optimizer = torch.optim.SGD([*gru.parameters(), *head.parameters()], lr=0.1)
        for _ in range(4):
            loss = F.cross_entropy(head(gru(torch.randn(5, 3, 4))[1][-1]), torch.tensor([0, 1, 1]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    """
    yield Problem(
        f"the gradients that {fact.optimizer} stepped along are still there, and backward adds the "
        "new ones to them",
        "optimizer.zero_grad()  # before backward",
        fact.location,
    )
