"""RNN603: initial states drawn anew at every call, in evaluation too."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Related, Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.proofs import RandomState


@rule("RNN603", "random-initial-state", Severity.WARNING, RandomState)
def random_initial_state(state: RandomState) -> Iterator[Problem]:
    """A layer starts from random states, and says something else at every call.

    What it does
    ------------
    Runs a copy of the model twice in eval mode on the same input, and looks for initial states
    that are drawn at random and passed on as they are. In a program that only trains it is a
    hint: noise in training may be meant.

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
    called = state.called_at
    yield Problem(
        f"the initial states come from {state.kind}() at every call, in eval mode too: the same "
        f"input gives results that differ by up to {state.moved:.2g}.",
        fix="start from zeros, or leave the states out",
        location=state.location,
        related=(Related(called, "the layer starts from them here"),) if called else (),
        severity=None if state.evaluated else Severity.HINT,
    )
