"""RNN311: a softmax, or another comparison, over one single number."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import ResultConstant


@rule("RNN311", "constant-result", Severity.ERROR, ResultConstant)
def constant_result(fact: ResultConstant) -> Iterator[Problem]:
    """A softmax or a norm runs over an axis with one element: its result never changes.

    What it does
    ------------
    Looks in every step of training for results that are one and the same number everywhere, puts
    other values in the place of what they were made of, and then two elements where there is one.
    What stays as it is with any values, and would not with two elements, is constant.

    Why is this bad?
    ----------------
    Attention scores (batch, time, 1) need a softmax over time; over their last axis every weight
    becomes 1, nothing is attended to, and what computes the scores is never trained. A single
    logit needs a sigmoid.

    Example
    -------
        gru, score = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 1)
        head = nn.Linear(6, 2)
        states, _ = gru(torch.randn(3, 5, 4))
        weights = torch.softmax(score(states), dim=-1)  # RNN311
        logits = head((weights * states).sum(dim=1))
        F.cross_entropy(logits, torch.tensor([0, 1, 1])).backward()

    Use instead
    -----------
        gru, score = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 1)
        head = nn.Linear(6, 2)
        states, _ = gru(torch.randn(3, 5, 4))
        weights = torch.softmax(score(states), dim=1)
        logits = head((weights * states).sum(dim=1))
        F.cross_entropy(logits, torch.tensor([0, 1, 1])).backward()
    """
    yield Problem(
        f"{fact.function}() compares along axis {fact.axis} of {shape_text(fact.shape)}, which has "
        f"one element: every result is {fact.value:.3g}, and no other values change it",
        "give the axis of the steps (dim=1 with batch_first=True, dim=0 without) or of the "
        "classes; a single logit needs a sigmoid",
        fact.location,
    )
