"""RNN304: two layers take the same axes for opposite things."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import axis_text, blamed, related
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import AxisRead
from rnnscope.tracing.factors import Meaning
from rnnscope.tracing.role_conflicts import AGAIN


@rule("RNN304", "layers-disagree", Severity.ERROR, AxisRead)
def layers_disagree(event: AxisRead) -> Iterator[Problem]:
    """One layer takes an axis for the batch, the next one for time, and nothing moved it.

    What it does
    ------------
    Looks for a layer that steps along the axis that the layer before it took for the batch, and
    the other way round, with no transposition between them.

    Why is this bad?
    ----------------
    One of the two has the wrong ``batch_first``: the state of the second runs from sample to
    sample. Both shapes are accepted.

    Example
    -------
        encoder = nn.GRU(4, 6, batch_first=True)
        decoder = nn.GRU(6, 6)  # RNN304
        states, _ = encoder(torch.randn(3, 5, 4))
        output, _ = decoder(states)

    Use instead
    -----------
        encoder = nn.GRU(4, 6, batch_first=True)
        decoder = nn.GRU(6, 6, batch_first=True)
        states, _ = encoder(torch.randn(3, 5, 4))
        output, _ = decoder(states)
    """
    if event.read.meaning != Meaning.TIME or event.known.meaning != Meaning.ROWS:
        return
    if event.read.because == AGAIN:
        return
    yield Problem(
        f"{event.layer} steps along {axis_text(event)}, which is the batch: {event.known.because}, "
        "and nothing moved the axes since",
        "give both layers the same batch_first, or transpose(0, 1) between them",
        blamed(event),
        related((event.known,)),
    )
