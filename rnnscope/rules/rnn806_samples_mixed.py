"""RNN806: samples-mixed."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.likeness import problems
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.likeness import Likeness


@rule("RNN806", "samples-mixed", Severity.ERROR, Likeness)
def samples_mixed(likeness: Likeness) -> Iterator[Problem]:
    """Samples of one batch see each other.

    What it does
    ------------
    Reports a hand-written layer in which a change of one sample moves the results of another.

    Why is this bad?
    ----------------
    The result for a sample then depends on what else is in the batch: training leaks, and a batch
    of one gives other answers.

    Example
    -------
    import rnnscope

    class ScratchRNN(nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            self.hidden_size = hidden_size
            self.cell = nn.RNNCell(input_size, hidden_size)

        def forward(self, input, h=None):  # RNN806
            h = input.new_zeros(1, input.size(1), self.hidden_size) if h is None else h
            h, outputs = h[0], []
            for x in input:
                h = self.cell(x - x.mean(0), h)
                outputs.append(h)
            return torch.stack(outputs), h.unsqueeze(0)

    rnnscope.verify(ScratchRNN, like="RNN(10, 20)")

    Use instead
    -----------
    import rnnscope

    class ScratchRNN(nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            self.hidden_size = hidden_size
            self.cell = nn.RNNCell(input_size, hidden_size)

        def forward(self, input, h=None):
            h = input.new_zeros(1, input.size(1), self.hidden_size) if h is None else h
            h, outputs = h[0], []
            for x in input:
                h = self.cell(x, h)
                outputs.append(h)
            return torch.stack(outputs), h.unsqueeze(0)

    rnnscope.verify(ScratchRNN, like="RNN(10, 20)")
    """
    yield from problems(likeness, "samples-mixed")
