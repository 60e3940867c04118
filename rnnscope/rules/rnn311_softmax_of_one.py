"""RNN311: softmax over one single number."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import SoftmaxOfOne


@rule("RNN311", "softmax-of-one", Severity.ERROR, SoftmaxOfOne)
def softmax_of_one(event: SoftmaxOfOne) -> Iterator[Problem]:
    """A softmax runs over an axis with one element, which is always 1 afterwards.

    What it does
    ------------
    Looks for a softmax along the one feature that a layer with parameters has made, on values
    that come from a recurrent layer.

    Why is this bad?
    ----------------
    Attention scores (batch, time, 1) need a softmax over time; over their last axis every weight
    becomes 1 and nothing is attended to. A single logit needs a sigmoid.

    Example
    -------
        gru, score = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 1)
        states, _ = gru(torch.randn(3, 5, 4))
        weights = torch.softmax(score(states), dim=-1)  # RNN311

    Use instead
    -----------
        gru, score = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 1)
        states, _ = gru(torch.randn(3, 5, 4))
        weights = torch.softmax(score(states), dim=1)
    """
    yield Problem(
        f"{event.operation} over the one feature of {shape_text(event.shape)}: every result is "
        "the same, whatever the scores are",
        "softmax over the steps (dim=1 with batch_first=True, dim=0 without), or a sigmoid",
    )
