"""RNN712: a bidirectional layer is to predict its own next input."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Related, Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.experiment_results import TargetSeen


@rule("RNN712", "next-input-already-seen", Severity.ERROR, TargetSeen)
def next_input_already_seen(seen: TargetSeen) -> Iterator[Problem]:
    """The target of each step is the next input, which the backward half has already read.

    What it does
    ------------
    Compares the targets of a loss, value by value, with the model's input one step later, changes
    later inputs, and looks which layer carries them to earlier answers.

    Why is this bad?
    ----------------
    The backward half at step t has read steps t+1 to the end. The model copies the answer, looks
    excellent in training, and cannot be used where the future is not known.

    Example
    -------
        class Model(nn.Module):
            def __init__(self):
                super().__init__()
                self.embed = nn.Embedding(9, 4)
                self.gru = nn.GRU(4, 6, batch_first=True, bidirectional=True)  # RNN712
                self.out = nn.Linear(12, 9)
            def forward(self, tokens):
                return self.out(self.gru(self.embed(tokens))[0])
        torch.manual_seed(0)
        tokens = torch.randint(0, 9, (5, 7))
        scores = Model()(tokens[:, :-1])
        F.cross_entropy(scores.flatten(0, 1), tokens[:, 1:].flatten()).backward()

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
        scores = Model()(tokens[:, :-1])
        F.cross_entropy(scores.flatten(0, 1), tokens[:, 1:].flatten()).backward()
    """
    if seen.shift != 1:
        return
    places = (
        (seen.called_at, "the layer reads the whole sequence here"),
        (seen.location, "the loss compares each step with the next input here"),
    )
    yield Problem(
        f"this bidirectional {seen.kind} predicts its own next input: its backward half at step t "
        "has already read step t+1, which is the target.",
        fix="build the layer with bidirectional=False",
        location=seen.built_at or seen.called_at,
        related=tuple(Related(place, said) for place, said in places if place),
    )
