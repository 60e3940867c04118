"""RNN714: padding among the targets of a loss."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.experiment_results import PaddingCounted


@rule("RNN714", "padding-counted", Severity.WARNING, PaddingCounted)
def padding_counted(loss: PaddingCounted) -> Iterator[Problem]:
    """The padding of shorter target sequences counts in the loss like real targets.

    What it does
    ------------
    Looks for targets that are one and the same behind the ends of sequences, where the program has
    padded, or says what is padding; and whether the loss has a gradient for them.

    Why is this bad?
    ----------------
    The model is taught to predict padding, the more the shorter the sequence, and the loss of a
    batch depends on its longest sequence. A falling loss may be nothing but padding learned.

    Example
    -------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
        x = pad_sequence([torch.randn(n, 4) for n in (5, 3, 2)], batch_first=True)
        tags = pad_sequence([torch.randint(0, 3, (n,)) for n in (5, 3, 2)], batch_first=True)
        scores = head(gru(x)[0])
        F.cross_entropy(scores.flatten(0, 1), tags.flatten()).backward()  # RNN714

    Use instead
    -----------
        gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
        x = pad_sequence([torch.randn(n, 4) for n in (5, 3, 2)], batch_first=True)
        tags = [torch.randint(0, 3, (n,)) for n in (5, 3, 2)]
        tags = pad_sequence(tags, batch_first=True, padding_value=-100)
        scores = head(gru(x)[0])
        F.cross_entropy(scores.flatten(0, 1), tags.flatten()).backward()
    """
    yield Problem(
        f"of {loss.size} targets {loss.count} are {loss.value}, the value with which shorter "
        f"sequences were filled up, and this {loss.function} counts them",
        f"ignore_index={loss.value}, or padding_value=-100 for targets, which is ignored",
        loss.location,
        at(loss.padded_at, "sequences are filled up here"),
    )
