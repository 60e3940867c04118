"""RNN307: BatchNorm1d or a convolution takes for channels what is time to a recurrent layer."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at, related
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import AxisRead
from rnnscope.tracing.factors import Meaning


@rule("RNN307", "channels-are-steps", Severity.WARNING, AxisRead)
def channels_are_steps(event: AxisRead) -> Iterator[Problem]:
    """BatchNorm1d or Conv1d has its channels on the axis that a recurrent layer steps along.

    What it does
    ------------
    Looks for a (batch, time, features) tensor given to BatchNorm1d, which takes axis 1 for the
    channels, and for channels of a Conv1d that a recurrent layer reads as time.

    Why is this bad?
    ----------------
    BatchNorm1d and Conv1d are (batch, channels, time), recurrent layers (batch, time, features).
    When as many steps as features happen to be there, nothing complains: statistics are kept for
    each step, or the layer walks along the channels.

    Example
    -------
        norm = nn.BatchNorm1d(5)
        gru = nn.GRU(5, 6, batch_first=True)
        x = norm(torch.randn(3, 5, 5))  # RNN307
        output, _ = gru(x)

    Use instead
    -----------
        norm = nn.BatchNorm1d(5)
        gru = nn.GRU(5, 6, batch_first=True)
        x = norm(torch.randn(3, 5, 5).transpose(1, 2)).transpose(1, 2)
        output, _ = gru(x)
    """
    found = {event.read.meaning: event.read, event.known.meaning: event.known}
    if set(found) == {Meaning.CHANNEL, Meaning.SAMPLES}:
        channel, other = found[Meaning.CHANNEL], found[Meaning.SAMPLES]
        what = "holds the samples"
    elif set(found) == {Meaning.CHANNEL, Meaning.TIME}:
        channel, other = found[Meaning.CHANNEL], found[Meaning.TIME]
        what = "is time"
    else:
        return
    norm = channel.because.startswith("BatchNorm")
    place = channel.location if norm else event.location
    yield Problem(
        f"{channel.because}{' takes axis 1 for the channels' if norm else ''}, but this axis "
        f"{what}: {other.because} (shape {shape_text(event.shape)})",
        "swap the axes around it: layer(x.transpose(1, 2)).transpose(1, 2)",
        place,
        related((other,)) + (at(event.built_at, "built here") if not norm else ()),
    )
