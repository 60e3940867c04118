"""RNN308: the loss is taken over what a layer reads as time, and its batch is gone."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Location, Severity
from rnnscope.rules.axis_evidence import at, line
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import BatchLost


@rule("RNN308", "batch-lost", Severity.WARNING, BatchLost)
def batch_lost(event: BatchLost) -> Iterator[Problem]:
    """A layer's batch axis is gone at the loss, while its time axis is compared with the targets.

    What it does
    ------------
    Looks for a loss whose scores still run along the axis that a recurrent layer took for time,
    after the axis that it took for the batch was summed, averaged, or picked from.

    Why is this bad?
    ----------------
    It is the picture of two axes taken for each other: the targets belong to samples, so what the
    layer steps along are samples.

    Example
    -------
        lstm = nn.LSTM(4, 6)  # RNN308
        head = nn.Linear(6, 2)
        x, y = torch.randn(8, 5, 4), torch.randint(0, 2, (8,))
        output, _ = lstm(x)
        F.cross_entropy(head(output.mean(dim=1)), y).backward()

    Use instead
    -----------
        lstm = nn.LSTM(4, 6, batch_first=True)
        head = nn.Linear(6, 2)
        x, y = torch.randn(8, 5, 4), torch.randint(0, 2, (8,))
        output, _ = lstm(x)
        F.cross_entropy(head(output.mean(dim=1)), y).backward()
    """
    config = event.config
    if event.samples is not None:
        yield Problem(
            f"the samples are gone ({event.how}) where the loss pairs {event.steps} steps with the "
            f"targets: {config.kind} output axes are {_axes(event)}, and this works on the batch",
            "work on the axis of the steps: dim=1 with batch_first=True, dim=0 without",
            event.where,
            at(event.samples.location, event.samples.because),
        )
        return
    yield Problem(
        f"{config.kind} with batch_first={config.batch_first} reads {event.steps} steps of "
        f"{event.batch} samples, then its batch is gone ({event.how}, {line(event.where)}) and the "
        f"loss pairs its steps with the targets: samples are read as steps",
        f"nn.{config.kind}(..., batch_first={not config.batch_first}), or transpose(0, 1) before",
        _place(event),
        at(event.call, f"{config.kind} reads the axes here")
        + at(event.where, f"its batch axis goes away here ({event.how})"),
    )


def _axes(event: BatchLost) -> str:
    first = event.config.batch_first
    return "(batch, time, features)" if first else "(time, batch, features)"


def _place(event: BatchLost) -> Location | None:
    if event.moved is not None:
        return event.moved
    return event.built_at or event.call
