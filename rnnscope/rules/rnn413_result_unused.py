"""RNN413: a call whose result nothing reads."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import ResultUnused


@rule("RNN413", "result-unused", Severity.WARNING, ResultUnused)
def result_unused(fact: ResultUnused) -> Iterator[Problem]:
    """A call that changes nothing in place, and whose result nothing reads.

    What it does
    ------------
    Looks in a recorded step for calls of torch whose only effect is their result, which no later
    call of the step reads: written as a statement of their own, or lost on the way.

    Why is this bad?
    ----------------
    `transpose`, `detach`, `masked_fill` and dropout give back a new tensor and leave the old one
    as it was. Without an assignment the line does nothing.

    Example
    -------
        lstm, drop, head = nn.LSTM(4, 6, batch_first=True), nn.Dropout(0.5), nn.Linear(6, 2)
        output, (h_n, c_n) = lstm(torch.randn(3, 5, 4))
        drop(h_n)  # RNN413
        F.cross_entropy(head(h_n[-1]), torch.tensor([0, 1, 1])).backward()

    Use instead
    -----------
        lstm, drop, head = nn.LSTM(4, 6, batch_first=True), nn.Dropout(0.5), nn.Linear(6, 2)
        output, (h_n, c_n) = lstm(torch.randn(3, 5, 4))
        h_n = drop(h_n)
        F.cross_entropy(head(h_n[-1]), torch.tensor([0, 1, 1])).backward()
    """
    function = fact.function.strip("_")
    yield Problem(
        f"the result of {function} is never read: it changes nothing in place, and the tensor that "
        "it was given goes on as it was",
        None,
        fact.location,
    )
