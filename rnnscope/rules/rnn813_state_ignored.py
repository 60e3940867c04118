"""RNN813: state-ignored."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.likeness import problems
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.likeness import Likeness


@rule("RNN813", "state-ignored", Severity.ERROR, Likeness)
def state_ignored(likeness: Likeness) -> Iterator[Problem]:
    """A state is not used, or not by its own layer.

    What it does
    ------------
    Reports a hand-written layer that ignores h_0, hands it to the wrong layer, or does not carry
    the state from step to step.

    Why is this bad?
    ----------------
    A decoder that starts from an encoder's state starts from nothing, and nobody notices.

    Example
    -------
    import rnnscope

    class ScratchRNN(nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            self.hidden_size = hidden_size
            self.cell = nn.RNNCell(input_size, hidden_size)

        def forward(self, input, h=None):  # RNN813
            h = input.new_zeros(1, input.size(1), self.hidden_size) if h is None else h
            h, outputs = torch.zeros_like(h[0]), []
            for x in input:
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
    yield from problems(likeness, "state-ignored")
