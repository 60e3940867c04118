"""RNN711: every step is to predict the very input that it was given."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.experiment_results import TargetSeen


@rule("RNN711", "targets-are-inputs", Severity.ERROR, TargetSeen)
def targets_are_inputs(seen: TargetSeen) -> Iterator[Problem]:
    """A language model's targets are its inputs, unshifted: it learns to copy.

    What it does
    ------------
    Compares the targets of a loss, value by value, with the tokens that the model was called
    with, where the scores are read off a recurrent output step by step.

    Why is this bad?
    ----------------
    The output at step t has read the token of step t. Asked for the same token, the model learns
    the identity, and nothing of what comes next.

    Example
    -------
        class Model(nn.Module):
            def __init__(self):
                super().__init__()
                self.embed = nn.Embedding(9, 4)
                self.gru = nn.GRU(4, 6, batch_first=True)
                self.out = nn.Linear(6, 9)
            def forward(self, tokens):
                return self.out(self.gru(self.embed(tokens))[0])
        torch.manual_seed(0)
        tokens = torch.randint(0, 9, (5, 7))
        scores = Model()(tokens)
        F.cross_entropy(scores.flatten(0, 1), tokens.flatten()).backward()  # RNN711

    Use instead
    -----------
        class Model(nn.Module):
            def __init__(self):
                super().__init__()
                self.embed = nn.Embedding(9, 4)
                self.gru = nn.GRU(4, 6, batch_first=True)
                self.out = nn.Linear(6, 9)
            def forward(self, tokens):
                return self.out(self.gru(self.embed(tokens))[0])
        torch.manual_seed(0)
        tokens = torch.randint(0, 9, (5, 7))
        scores = Model()(tokens)
        F.cross_entropy(scores[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()).backward()
    """
    if seen.shift != 0:
        return
    yield Problem(
        f"the targets are the model's own input, tokens of {shape_text(seen.shape)}, not shifted: "
        f"the {seen.kind} has read the token of step t when it is asked for it.",
        fix="compare the scores of a step with the next token: scores[:, :-1] with tokens[:, 1:]",
        location=seen.location,
        related=at(seen.called_at, f"the {seen.kind} reads them here"),
    )
