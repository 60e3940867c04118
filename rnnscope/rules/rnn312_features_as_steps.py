"""RNN312: a layer steps along the features, and reads the steps as features."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import FeaturesStepped


@rule("RNN312", "features-as-steps", Severity.WARNING, FeaturesStepped)
def features_as_steps(stepped: FeaturesStepped) -> Iterator[Problem]:
    """A recurrent layer walks along the features of a sequence instead of its steps.

    What it does
    ------------
    Looks for an input with as many steps as features. Which axis holds the features is known by
    the weights that made them: a row of these moves one index of it alone.

    Why is this bad?
    ----------------
    Both axes have the same size, so a wrong permutation is accepted: the layer reads all steps of
    one feature at a time.

    Example
    -------
        embed, gru, head = nn.Embedding(9, 5), nn.GRU(5, 6), nn.Linear(6, 2)
        x = embed(torch.randint(0, 9, (3, 5)))
        output, _ = gru(x.permute(2, 0, 1))  # RNN312
        F.cross_entropy(head(output[-1]), torch.tensor([0, 1, 0])).backward()

    Use instead
    -----------
        embed, gru, head = nn.Embedding(9, 5), nn.GRU(5, 6), nn.Linear(6, 2)
        x = embed(torch.randint(0, 9, (3, 5)))
        output, _ = gru(x.permute(1, 0, 2))
        F.cross_entropy(head(output[-1]), torch.tensor([0, 1, 0])).backward()
    """
    if stepped.made_by == "batch_norm":
        return
    because = "axes of the data were joined in it"
    if stepped.made_by:
        because = f"{stepped.made_by}() made one for each row of its weights"
    yield Problem(
        f"{stepped.kind} steps along axis {stepped.axis} of {shape_text(stepped.shape)}, and "
        f"features lie there: {because}. The steps are read as features; there are "
        f"{stepped.shape[-1]} of both",
        "permute so that time comes where the layer steps, and the features last",
        related=at(stepped.made_at if stepped.made_by else None, "the features are made here")
        + at(stepped.called_at, f"the {stepped.kind} runs here")
        + at(stepped.built_at, f"the {stepped.kind} is built here"),
    )
