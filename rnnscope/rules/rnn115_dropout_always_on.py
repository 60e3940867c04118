"""RNN115: a dropout function that is not told whether the model trains."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.training import DropoutAlwaysOn


@rule("RNN115", "dropout-always-on", Severity.WARNING, DropoutAlwaysOn)
def dropout_always_on(dropout: DropoutAlwaysOn) -> Iterator[Problem]:
    """F.dropout without ``training`` drops elements in eval mode, too.

    What it does
    ------------
    Looks for calls of F.dropout, dropout1d, dropout2d and dropout3d in a module in eval mode, and
    reads in the line whether they are told the mode. An explicit training=True is left alone: to
    sample with dropout on purpose is written so.

    Why is this bad?
    ----------------
    ``model.eval()`` turns off nn.Dropout. A function knows nothing of the model, and its default
    is training=True: every evaluation is noisy and worse than the model is.

    Example
    -------
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.rnn = nn.GRU(4, 6, batch_first=True)
                self.out = nn.Linear(6, 2)
            def forward(self, x):
                _, h_n = self.rnn(x)
                return self.out(F.dropout(h_n[-1], p=0.4))  # RNN115
        model = Net().eval()
        logits = model(torch.randn(3, 5, 4))

    Use instead
    -----------
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.rnn = nn.GRU(4, 6, batch_first=True)
                self.out = nn.Linear(6, 2)
            def forward(self, x):
                _, h_n = self.rnn(x)
                return self.out(F.dropout(h_n[-1], p=0.4, training=self.training))
        model = Net().eval()
        logits = model(torch.randn(3, 5, 4))
    """
    yield Problem(
        f"F.{dropout.function} is on while its module is in eval mode: it was not told the mode, "
        f"and drops each element with p = {dropout.probability:g} in every evaluation.",
        f"{dropout.repaired}, or nn.Dropout, which eval() turns off",
    )
