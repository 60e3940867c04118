"""RNN391: nn.DataParallel cuts the steps, or the layers, instead of the batch."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.experiment_results import Scatter


@rule("RNN391", "scattered-axis", Severity.ERROR, Scatter)
def scattered_axis(scatter: Scatter) -> Iterator[Problem]:
    """nn.DataParallel cuts an argument along time, or along the layers.

    What it does
    ------------
    Looks at what a model wrapped in ``nn.DataParallel`` is called with: input with the steps
    first, and states, which have the layers first whatever ``batch_first`` says.

    Why is this bad?
    ----------------
    DataParallel cuts every argument along one axis, 0 by default, and each device gets a piece.
    Cut along time, each device runs over a part of every sequence; states cut along the layers
    have the wrong shape. With one device nothing is cut, and nothing shows.

    Example
    -------
        model = nn.DataParallel(nn.LSTM(4, 6))
        x = torch.randn(5, 3, 4)
        output, _ = model(x)  # RNN391

    Use instead
    -----------
        model = nn.DataParallel(nn.LSTM(4, 6, batch_first=True))
        x = torch.randn(3, 5, 4)
        output, _ = model(x)
    """
    yield Problem(
        f"nn.DataParallel cuts {scatter.what}, {shape_text(scatter.shape)}, along axis "
        f"{scatter.dim}, which is {scatter.axis}; the batch is on axis {scatter.batch_axis}.",
        fix="make the states inside of forward, or hand them over batch first and turn them there"
        if scatter.what == "a state"
        else f"nn.DataParallel(model, dim={scatter.batch_axis}), or give the batch first",
        location=scatter.location,
        related=at(scatter.called_at, f"the {scatter.kind} runs here")
        if scatter.called_at != scatter.location
        else (),
    )
