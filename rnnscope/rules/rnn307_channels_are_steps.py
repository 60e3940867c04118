"""RNN307: BatchNorm1d takes for channels what is time to a recurrent layer."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import FeaturesStepped


@rule("RNN307", "channels-are-steps", Severity.WARNING, FeaturesStepped)
def channels_are_steps(stepped: FeaturesStepped) -> Iterator[Problem]:
    """BatchNorm1d has its channels on the axis that a recurrent layer steps along.

    What it does
    ------------
    Looks for a (batch, time, features) tensor with as many steps as features that is given to
    BatchNorm1d, which takes axis 1 for the channels, and follows one of these to the layer.

    Why is this bad?
    ----------------
    BatchNorm1d is (batch, channels, time), recurrent layers are (batch, time, features). When as
    many steps as features happen to be there, nothing complains: statistics are kept for each
    step.

    Example
    -------
        norm, gru = nn.BatchNorm1d(5), nn.GRU(5, 6, batch_first=True)
        head = nn.Linear(6, 2)
        x = norm(torch.randn(3, 5, 5))  # RNN307
        output, _ = gru(x)
        F.cross_entropy(head(output[:, -1]), torch.tensor([0, 1, 0])).backward()

    Use instead
    -----------
        norm, gru = nn.BatchNorm1d(5), nn.GRU(5, 6, batch_first=True)
        head = nn.Linear(6, 2)
        x = norm(torch.randn(3, 5, 5).transpose(1, 2)).transpose(1, 2)
        output, _ = gru(x)
        F.cross_entropy(head(output[:, -1]), torch.tensor([0, 1, 0])).backward()
    """
    if stepped.made_by != "batch_norm":
        return
    yield Problem(
        f"BatchNorm1d takes axis 1 for the channels, but {stepped.kind} steps along what it takes "
        f"for these (shape {shape_text(stepped.shape)})",
        "swap the axes around it: layer(x.transpose(1, 2)).transpose(1, 2)",
        stepped.made_at,
        at(stepped.called_at, f"the {stepped.kind} runs here"),
    )
