"""RNN715: an answer that is to predict the next input has read later ones."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.experiment_results import Foresight


@rule("RNN715", "later-steps-read", Severity.ERROR, Foresight)
def later_steps_read(seen: Foresight) -> Iterator[Problem]:
    """A model predicts its next input, and its answers depend on inputs that come later.

    What it does
    ------------
    Where the targets of a loss are the model's own input one step later, or the change to it, the
    later half of the input is changed in a copy of the model: the earlier answers must not move.

    Why is this bad?
    ----------------
    A mean over all steps, attention without a causal mask, a centred convolution or padding at the
    wrong end shows the model what it is to predict. It looks excellent in training, and where the
    future is not known it is lost.

    Example
    -------
        class Forecaster(nn.Module):
            def __init__(self):
                super().__init__()
                self.gru, self.out = nn.GRU(2, 6, batch_first=True), nn.Linear(6, 2)
            def forward(self, x):
                level = x.mean(dim=1, keepdim=True)  # RNN715
                return self.out(self.gru(x - level)[0]) + level
        torch.manual_seed(0)
        x = torch.randn(3, 8, 2)
        F.mse_loss(Forecaster()(x)[:, :-1], x[:, 1:]).backward()

    Use instead
    -----------
        class Forecaster(nn.Module):
            def __init__(self):
                super().__init__()
                self.gru, self.out = nn.GRU(2, 6, batch_first=True), nn.Linear(6, 2)
            def forward(self, x):
                level = x.cumsum(dim=1) / torch.arange(1, x.size(1) + 1).view(1, -1, 1)
                return self.out(self.gru(x - level)[0]) + level
        torch.manual_seed(0)
        x = torch.randn(3, 8, 2)
        F.mse_loss(Forecaster()(x)[:, :-1], x[:, 1:]).backward()
    """
    yield Problem(
        f"{seen.operation or 'the model'} carries later steps to earlier ones: changing the input "
        f"from step {seen.start} on moved the answer of step {seen.step} by {seen.moved:.2g}, and "
        "the target of each step is the next input",
        "let step t use inputs up to t only: a running mean, a causal mask, padding at the start",
        seen.location,
        at(seen.compared_at, "the loss compares each step with the next input here"),
    )
