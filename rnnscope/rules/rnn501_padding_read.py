"""RNN501: what a model says of a sequence depends on how far it is padded."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.experiment_results import PaddingRead


@rule("RNN501", "padding-read", Severity.ERROR, PaddingRead)
def padding_read(reading: PaddingRead) -> Iterator[Problem]:
    """A last step, mean, maximum or backward pass reads the padding of shorter sequences.

    What it does
    ------------
    Runs a copy of the model on a short sequence, once beside a long one and once by itself, and
    compares what it says of it. The line reported is the first at which padding counts.

    Why is this bad?
    ----------------
    The padding is as long as the longest neighbour asks for. A result that depends on it changes
    with the batch that a sequence happens to come in.

    Example
    -------
        class Reader(nn.Module):
            def __init__(self):
                super().__init__()
                self.gru = nn.GRU(4, 6, batch_first=True, bidirectional=True)
                self.out = nn.Linear(12, 2)
            def forward(self, x, lengths):
                states, _ = self.gru(x)  # RNN501
                rows = torch.arange(len(x))
                ends = torch.cat((states[rows, lengths - 1, :6], states[:, 0, 6:]), dim=-1)
                return self.out(ends)
        torch.manual_seed(0)
        model = Reader()
        lengths = torch.tensor([2, 3, 7, 5])
        x = pad_sequence([torch.randn(n, 4) for n in lengths.tolist()], batch_first=True)
        F.cross_entropy(model(x, lengths), torch.tensor([0, 1, 1, 0])).backward()

    Use instead
    -----------
        class Reader(nn.Module):
            def __init__(self):
                super().__init__()
                self.gru = nn.GRU(4, 6, batch_first=True, bidirectional=True)
                self.out = nn.Linear(12, 2)
            def forward(self, x, lengths):
                packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
                _, h_n = self.gru(packed)
                return self.out(torch.cat((h_n[0], h_n[1]), dim=-1))
        torch.manual_seed(0)
        model = Reader()
        lengths = torch.tensor([2, 3, 7, 5])
        x = pad_sequence([torch.randn(n, 4) for n in lengths.tolist()], batch_first=True)
        F.cross_entropy(model(x, lengths), torch.tensor([0, 1, 1, 0])).backward()
    """
    shorter, longer = reading.padded
    what = (
        "the layer runs over padding" if reading.recurrent else f"{reading.operation} reads padding"
    )
    yield Problem(
        f"{what}: a sequence of {shorter} steps has another result when it is padded to {longer} "
        f"steps: its output moves by {reading.moved:.2g}.",
        fix="pack the sequences, or take each one's own last step (lengths - 1), or mask them",
        location=reading.location,
        related=at(reading.called_at, "the model is called with padded sequences here"),
    )
