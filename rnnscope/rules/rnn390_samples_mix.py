"""RNN390: a change of one sample moves another sample's output."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.experiment_results import Leak


@rule("RNN390", "samples-mix", Severity.ERROR, Leak)
def samples_mix(leak: Leak) -> Iterator[Problem]:
    """One sample of a batch changes what the model says of another.

    What it does
    ------------
    Runs a copy of the model twice on a batch that the program drew, the second time with one
    sample changed, and compares the results of every operation. The line reported is the first
    one after which the samples are no longer apart.

    Why is this bad?
    ----------------
    The samples of a batch are independent. A model that mixes them says something else of a
    sample for every batch that it comes in, and learns from the neighbours' answers.

    Example
    -------
        from torch.utils.data import DataLoader, TensorDataset
        class Pool(nn.Module):
            def __init__(self):
                super().__init__()
                self.lstm = nn.LSTM(4, 6, batch_first=True)
                self.score = nn.Linear(6, 1)
                self.out = nn.Linear(6, 2)
            def forward(self, x):
                states, _ = self.lstm(x)
                spread = states.std(dim=0, keepdim=True)  # RNN390
                weights = self.score(states / spread).softmax(dim=1)
                return self.out((weights * states).sum(dim=1))
        torch.manual_seed(0)
        model = Pool()
        data = TensorDataset(torch.randn(12, 5, 4), torch.randint(0, 2, (12,)))
        for x, y in DataLoader(data, batch_size=6, shuffle=True):
            F.cross_entropy(model(x), y).backward()

    Use instead
    -----------
        from torch.utils.data import DataLoader, TensorDataset
        class Pool(nn.Module):
            def __init__(self):
                super().__init__()
                self.lstm = nn.LSTM(4, 6, batch_first=True)
                self.score = nn.Linear(6, 1)
                self.out = nn.Linear(6, 2)
            def forward(self, x):
                states, _ = self.lstm(x)
                spread = states.std(dim=1, keepdim=True)
                weights = self.score(states / spread).softmax(dim=1)
                return self.out((weights * states).sum(dim=1))
        torch.manual_seed(0)
        model = Pool()
        data = TensorDataset(torch.randn(12, 5, 4), torch.randint(0, 2, (12,)))
        for x, y in DataLoader(data, batch_size=6, shuffle=True):
            F.cross_entropy(model(x), y).backward()
    """
    if leak.batch is None or leak.recurrent or leak.regroups:
        return
    yield Problem(
        f"samples mix here: {leak.operation}() computes across the axis of the samples",
        fix="compute along the axis of time or features, not along that of the samples",
        location=leak.location,
        related=at(leak.batch.location, leak.batch.reason)
        + at(leak.moved_at, "the samples came onto this axis here"),
        proof=leak.proof,
    )
