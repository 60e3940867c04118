"""RNN306: softmax over the samples of a batch."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at, line, related
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import Tied


@rule("RNN306", "softmax-over-batch", Severity.WARNING, Tied)
def softmax_over_batch(event: Tied) -> Iterator[Problem]:
    """A softmax runs along the batch, and its results are used for each sample apart.

    What it does
    ------------
    Looks for a softmax (or cumulative sum) along the batch axis whose result still has this axis
    where a layer with parameters or a loss uses it. Pooling over instances, which sums the axis
    away, is none of it.

    Why is this bad?
    ----------------
    The weights of one sample are small when another's are large: each sample's result depends on
    its neighbours in the batch. Attention is meant to compare steps, classes compare classes.

    Example
    -------
        lstm = nn.LSTM(4, 6, batch_first=True)
        score, head = nn.Linear(6, 1), nn.Linear(6, 2)
        states, _ = lstm(torch.randn(3, 5, 4))
        weights = torch.softmax(score(states), dim=0)  # RNN306
        logits = head((weights * states).sum(dim=1))

    Use instead
    -----------
        lstm = nn.LSTM(4, 6, batch_first=True)
        score, head = nn.Linear(6, 1), nn.Linear(6, 2)
        states, _ = lstm(torch.randn(3, 5, 4))
        weights = torch.softmax(score(states), dim=1)
        logits = head((weights * states).sum(dim=1))
    """
    yield Problem(
        f"{event.operation} runs along the batch axis ({event.size} samples): the weights of one "
        f"sample depend on the others, and {line(event.reached)} uses them sample by sample",
        "give the axis of the steps (or classes) as dim",
        event.location,
        related((event.known,)) + at(event.reached, "used here for each sample"),
    )
