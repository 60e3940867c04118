"""RNN809: call-remembered."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.likeness import problems
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.likeness import Likeness


@rule("RNN809", "call-remembered", Severity.ERROR, Likeness)
def call_remembered(likeness: Likeness) -> Iterator[Problem]:
    """A call depends on the calls before it.

    What it does
    ------------
    Reports a hand-written layer that appends to a list on itself, keeps a state from one call to
    the next, or draws a random one: two calls on the same input do not give the same.

    Why is this bad?
    ----------------
    The list grows with every batch, with the graphs of all of them; a state that is kept carries
    one batch into the next.

    Example
    -------
    import rnnscope

    class ScratchRNN(nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            self.hidden_size = hidden_size
            self.cell = nn.RNNCell(input_size, hidden_size)
            self.outputs = []

        def forward(self, input, h=None):  # RNN809
            h = input.new_zeros(1, input.size(1), self.hidden_size) if h is None else h
            h, outputs = h[0], self.outputs
            for x in input:
                h = self.cell(x, h)
                outputs.append(h)
            return torch.stack(outputs[-len(input):]), h.unsqueeze(0)

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
    yield from problems(likeness, "call-remembered")
