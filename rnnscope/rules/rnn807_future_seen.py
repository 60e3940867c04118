"""RNN807: future-seen."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.likeness import problems
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.likeness import Likeness


@rule("RNN807", "future-seen", Severity.ERROR, Likeness)
def future_seen(likeness: Likeness) -> Iterator[Problem]:
    """A step sees a later one.

    What it does
    ------------
    Reports a hand-written layer that is not bidirectional and in which a change of the input at
    one step moves the output of an earlier one.

    Why is this bad?
    ----------------
    A model that predicts the next step has then read it already; it scores well and is of no use.

    Example
    -------
    import rnnscope

    class ScratchRNN(nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            self.hidden_size = hidden_size
            self.cell = nn.RNNCell(input_size, hidden_size)

        def forward(self, input, h=None):  # RNN807
            h = input.new_zeros(1, input.size(1), self.hidden_size) if h is None else h
            h, outputs = h[0], []
            for x in input - input.mean(0):
                h = self.cell(x, h)
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
    yield from problems(likeness, "future-seen")
