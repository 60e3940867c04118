"""RNN301: a layer steps along the axis on which the samples lie."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at, axis_text, blamed, certainty, related
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.experiment_results import Leak
from rnnscope.tracing.events import AxisRead
from rnnscope.tracing.factors import Meaning


@rule("RNN301", "samples-as-steps", Severity.ERROR, AxisRead | Leak)
def samples_as_steps(event: AxisRead | Leak) -> Iterator[Problem]:
    """A layer reads the samples of a batch as the steps of a sequence.

    What it does
    ------------
    Follows the axis on which a DataLoader, ``pad_sequence`` or a shuffled index put the samples,
    and looks for a recurrent or attention layer that takes this axis for time. Runs a step again
    with one sample changed, and looks for a layer or a loop that carries it into the others.

    Why is this bad?
    ----------------
    The state runs from one sample into the next: every result depends on the samples before it in
    the batch. The shapes fit, so torch says nothing, and the loss may even fall.

    Example
    -------
        from torch.utils.data import DataLoader, TensorDataset
        data = TensorDataset(torch.randn(24, 7, 5), torch.randint(0, 2, (24,)))
        lstm = nn.LSTM(5, 6)  # RNN301
        head = nn.Linear(6, 2)
        for x, y in DataLoader(data, batch_size=8, shuffle=True):
            output, _ = lstm(x)
            F.cross_entropy(head(output[:, -1]), y).backward()

    Use instead
    -----------
        from torch.utils.data import DataLoader, TensorDataset
        data = TensorDataset(torch.randn(24, 7, 5), torch.randint(0, 2, (24,)))
        lstm = nn.LSTM(5, 6, batch_first=True)
        head = nn.Linear(6, 2)
        for x, y in DataLoader(data, batch_size=8, shuffle=True):
            output, _ = lstm(x)
            F.cross_entropy(head(output[:, -1]), y).backward()
    """
    if isinstance(event, Leak):
        yield from _carried(event)
        return
    if event.read.meaning != Meaning.TIME or event.known.meaning != Meaning.SAMPLES:
        return
    severity = certainty(event)
    if severity is None:
        return
    place = blamed(event)
    yield Problem(
        f"{event.read.because or event.layer}, but {event.known.because}: {axis_text(event)} "
        f"holds {event.shape[event.axis]} samples, and each is read as a step after the one before",
        _fix(event),
        place,
        related((event.known,))
        + at(
            event.location if event.location != place else None, f"{event.layer} is called with it"
        ),
        severity,
    )


def _carried(leak: Leak) -> Iterator[Problem]:
    """A sample that was changed has moved those after it, by way of the state."""
    if leak.batch is None or not leak.recurrent:
        return
    layer = leak.built_at is not None
    place = leak.moved_at or leak.built_at or leak.location
    yield Problem(
        f"samples are read as steps: changing sample {leak.sample} of the {leak.batch.size} moved "
        f"sample {leak.other}'s output by {leak.moved:.2g}. The state runs from each sample into "
        "the next",
        "build the layer with batch_first=True, or give it input.transpose(0, 1)"
        if layer
        else "step along the axis of time: for x_t in x.transpose(0, 1)",
        place,
        at(leak.batch.location, leak.batch.reason)
        + at(leak.built_at if leak.built_at != place else None, "the layer is built here")
        + at(leak.location if leak.location != place else None, "the state is carried on here"),
    )


def _fix(event: AxisRead) -> str:
    config = event.config
    if config is None:
        return "build it with batch_first=True, or pass x.transpose(0, 1)"
    if len(event.shape) == 2:
        return f"x.unsqueeze({1 if config.batch_first else 0})  # one step of each sample"
    if config.batch_first:
        return "give the layer (batch, time, features): swap axes 0 and 1 with x.transpose(0, 1)"
    return f"nn.{config.kind}(..., batch_first=True)"
