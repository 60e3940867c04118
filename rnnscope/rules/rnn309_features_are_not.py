"""RNN309: samples or steps taken for features."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import related
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import AxisRead
from rnnscope.tracing.factors import Meaning


@rule("RNN309", "samples-as-features", Severity.ERROR, AxisRead)
def samples_as_features(event: AxisRead) -> Iterator[Problem]:
    """A layer with parameters sums over the samples of a batch as if they were features.

    What it does
    ------------
    Follows the axis on which the samples lie and looks for a layer that takes it, or a part of
    it, for its features.

    Why is this bad?
    ----------------
    The weights mix the samples of a batch; the result of each depends on all others, and on the
    order in which they come.

    Example
    -------
        lstm, head = nn.LSTM(4, 6), nn.Linear(5, 2)
        x = pad_sequence([torch.randn(3, 4) for _ in range(5)])
        output, _ = lstm(x)
        logits = head(output.permute(0, 2, 1))  # RNN309

    Use instead
    -----------
        lstm, head = nn.LSTM(4, 6), nn.Linear(6, 2)
        x = pad_sequence([torch.randn(3, 4) for _ in range(5)])
        output, _ = lstm(x)
        logits = head(output)
    """
    if event.read.meaning != Meaning.FEATURE or event.known.meaning != Meaning.SAMPLES:
        return
    yield Problem(
        f"{event.layer} takes the last axis of {shape_text(event.shape)} for its features, but "
        f"samples lie there: {event.known.because}",
        "move the batch axis away from the last place before this layer",
        event.moved or event.location,
        related((event.known,)),
        None if event.known.certain else Severity.WARNING,
    )
