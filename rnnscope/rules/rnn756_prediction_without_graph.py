"""RNN756: a loss without a graph behind it."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN756", "prediction-without-graph", Severity.ERROR, Reading)
def prediction_without_graph(reading: Reading) -> Iterator[Problem]:
    """The loss has no graph: the prediction was cut off on its way.

    What it does
    ------------
    Explains the message that a tensor does not require grad.

    Why is this bad?
    ----------------
    detach(), .data, item(), torch.tensor(...) and no_grad cut the graph. Then no weight of the
    layer gets a gradient. Only states carried into the next batch are meant to be detached.

    Example
    -------
    lstm = nn.LSTM(10, 20)
    output, _ = lstm(torch.randn(5, 3, 10))
    output.detach().mean().backward()  # RNN756

    Use instead
    -----------
    lstm = nn.LSTM(10, 20)
    output, _ = lstm(torch.randn(5, 3, 10))
    output.mean().backward()
    """
    yield Problem(
        "the loss has no graph behind it: the prediction was cut off by detach(), .data, "
        "torch.tensor(...) or no_grad. Only a state carried into the next batch is detached.",
        "loss = criterion(model(input), target)  # without detach() in between",
    )
