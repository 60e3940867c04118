"""RNN603: initial states drawn anew at every call, in evaluation too."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.experiment_results import RandomState


@rule("RNN603", "random-initial-state", Severity.WARNING, RandomState)
def random_initial_state(state: RandomState) -> Iterator[Problem]:
    """A layer starts from random states, and says something else at every call.

    What it does
    ------------
    Looks for initial states that are made of nothing but a random draw, of recurrent layers and of
    loops written by hand, and tries other numbers in their place. In a program that only trains it
    is a hint, since noise in training may be meant: unless it is drawn anew in three steps, is as
    large as the states themselves, and no evaluation does without it.

    Why is this bad?
    ----------------
    The same input has a different result at every call. torch's own default, zeros, is what a
    layer can learn to start from; a learned start is an nn.Parameter.

    Example
    -------
        class Tagger(nn.Module):
            def __init__(self):
                super().__init__()
                self.gru = nn.GRU(4, 6, batch_first=True)
            def forward(self, x):
                h_0 = torch.randn(1, x.shape[0], 6)  # RNN603
                return self.gru(x, h_0)[0]
        model = Tagger()
        F.mse_loss(model(torch.randn(3, 5, 4)), torch.randn(3, 5, 6)).backward()
        model.eval()
        tags = model(torch.randn(2, 5, 4)).argmax(-1)

    Use instead
    -----------
        class Tagger(nn.Module):
            def __init__(self):
                super().__init__()
                self.gru = nn.GRU(4, 6, batch_first=True)
            def forward(self, x):
                h_0 = torch.zeros(1, x.shape[0], 6)
                return self.gru(x, h_0)[0]
        model = Tagger()
        F.mse_loss(model(torch.randn(3, 5, 4)), torch.randn(3, 5, 6)).backward()
        model.eval()
        tags = model(torch.randn(2, 5, 4)).argmax(-1)
    """
    when = "at every call, in eval mode too" if state.evaluated else _when(state)
    yield Problem(
        f"the initial states come from {state.kind}() {when}: with other numbers the same input "
        f"gives results that differ by up to {state.moved:.2g}.",
        fix="start from zeros, or leave the states out",
        location=state.location,
        related=at(state.called_at, "the layer starts from them here"),
        severity=None if state.evaluated or state.steps >= _FEWEST else Severity.HINT,
    )


_FEWEST = 3  # training steps: what is so in three is no chance


def _when(state: RandomState) -> str:
    if state.steps < _FEWEST:
        return "in training"
    return f"in all of {state.steps} training steps, as large as the states themselves"
