"""RNN312: a layer steps along the features, and reads the steps as features."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import axis_text, blamed
from rnnscope.rules.registry import Problem, rule
from rnnscope.tracing.events import AxisRead
from rnnscope.tracing.factors import Meaning


@rule("RNN312", "features-as-steps", Severity.WARNING, AxisRead)
def features_as_steps(event: AxisRead) -> Iterator[Problem]:
    """A recurrent layer walks along the features of a sequence instead of its steps.

    What it does
    ------------
    Looks for an input with as many steps as features whose time axis was joined from several
    axes, or made by a layer as its features, while its last axis was not.

    Why is this bad?
    ----------------
    Both axes have the same size, so a wrong permutation is accepted: the layer reads all steps of
    one feature at a time.

    Example
    -------
        embed, gru = nn.Embedding(9, 5), nn.GRU(5, 6)
        x = embed(torch.randint(0, 9, (3, 5)))
        output, _ = gru(x.permute(2, 0, 1))  # RNN312

    Use instead
    -----------
        embed, gru = nn.Embedding(9, 5), nn.GRU(5, 6)
        x = embed(torch.randint(0, 9, (3, 5)))
        output, _ = gru(x.permute(1, 0, 2))
    """
    if event.read.meaning != Meaning.TIME or event.known.meaning != Meaning.FEATURE:
        return
    yield Problem(
        f"{event.layer} steps along {axis_text(event)}, which looks like features: "
        f"{event.known.because}. The steps are read as features; both are {event.shape[-1]}",
        "permute so that time comes where the layer steps, and the features last",
        blamed(event),
    )
