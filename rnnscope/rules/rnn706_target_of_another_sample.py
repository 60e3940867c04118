"""RNN706: a sample's prediction is compared with the target of another one."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import shaped_at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import OthersTarget


@rule("RNN706", "target-of-another-sample", Severity.ERROR, OthersTarget)
def target_of_another_sample(fact: OthersTarget) -> Iterator[Problem]:
    """The prediction for a sample is compared with the target of another one.

    What it does
    ------------
    Changes one sample, and then its target, and compares which errors move: through the
    prediction, and through the target. In a right program they are the same.

    Why is this bad?
    ----------------
    Sorting, flattening and broadcasting change which rows meet, and raise nothing as long as the
    sizes fit. The model is then trained on answers to other questions.

    Example
    -------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
        x, y = torch.randn(8, 5, 4), torch.randint(0, 3, (8,))
        _, h_n = gru(x)
        F.cross_entropy(head(h_n[-1]), y.flip(0)).backward()  # RNN706

    Use instead
    -----------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
        x, y = torch.randn(8, 5, 4), torch.randint(0, 3, (8,))
        _, h_n = gru(x)
        F.cross_entropy(head(h_n[-1]), y).backward()
    """
    if fact.kind != "others":
        return
    yield Problem(
        f"the prediction for sample {fact.sample} is compared with another sample's target in "
        f"{fact.loss}: {shape_text(fact.predictions)} against {shape_text(fact.targets)}",
        "put predictions and targets in the same order before they are compared",
        fact.location,
        shaped_at(fact),
    )
