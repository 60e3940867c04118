"""RNN705: log_softmax over another axis than that of the classes that a loss picks from."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import SharesElsewhere


@rule("RNN705", "normalised-elsewhere", Severity.ERROR, SharesElsewhere)
def normalised_elsewhere(fact: SharesElsewhere) -> Iterator[Problem]:
    """Probabilities add up to 1 over the steps or the samples, and a loss picks among the classes.

    What it does
    ------------
    Looks for numbers that add up to 1 along one axis, or whose exponents do, on the way to the
    targets. Two classes then change places, in the targets and along each axis in turn: the axis
    on which the errors stay as they are is that of the classes.

    Why is this bad?
    ----------------
    The probabilities of the classes do not sum to 1 at any step, and the loss of one step depends
    on the scores of the others.

    Example
    -------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 7)
        output, _ = gru(torch.randn(3, 5, 4))
        scores = F.log_softmax(head(output), dim=1)  # RNN705
        loss = F.nll_loss(scores.view(-1, 7), torch.randint(0, 7, (15,)))
        loss.backward()

    Use instead
    -----------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 7)
        output, _ = gru(torch.randn(3, 5, 4))
        scores = F.log_softmax(head(output), dim=-1)
        loss = F.nll_loss(scores.view(-1, 7), torch.randint(0, 7, (15,)))
        loss.backward()
    """
    if fact.use != "classes":
        return
    yield Problem(
        f"{fact.function}() makes probabilities that add up to 1 along axis {fact.axis} of "
        f"{shape_text(fact.shape)}, but {fact.reader}() takes one of those along axis "
        f"{fact.other} for each target",
        f"normalise along the axis of the classes: dim={fact.other}",
        fact.location,
        at(fact.read_at, "the targets pick among the classes here"),
    )
