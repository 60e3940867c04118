"""RNN801: gate-order."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.likeness import problems
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.likeness import Likeness


@rule("RNN801", "gate-order", Severity.ERROR, Likeness)
def gate_order(likeness: Likeness) -> Iterator[Problem]:
    """Two gates have changed places.

    What it does
    ------------
    Reports a hand-written cell in which a gate's name, or its place in a weight with torch's own
    name, says one gate and the arithmetic says another; also a method that copies torch's weights
    into the wrong gates.

    Why is this bad?
    ----------------
    All blocks have the same shape, so everything runs and trains; but trained weights of torch,
    whose order is i, f, g, o (LSTM) and r, z, n (GRU), load without an error and mean something
    else.

    Example
    -------
    import rnnscope

    class ScratchLSTM(nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            self.forget_gate = nn.Linear(input_size + hidden_size, hidden_size)
            self.input_gate = nn.Linear(input_size + hidden_size, hidden_size)
            self.candidate = nn.Linear(input_size + hidden_size, hidden_size)
            self.output_gate = nn.Linear(input_size + hidden_size, hidden_size)

        def forward(self, input, h, c):  # RNN801
            both = torch.cat([input, h], -1)
            f, i = self.forget_gate(both).sigmoid(), self.input_gate(both).sigmoid()
            g, o = self.candidate(both).tanh(), self.output_gate(both).sigmoid()
            c = i * c + f * g
            return o * c.tanh(), c

    rnnscope.verify(ScratchLSTM, like="LSTMCell(10, 20)")

    Use instead
    -----------
    import rnnscope

    class ScratchLSTM(nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            self.forget_gate = nn.Linear(input_size + hidden_size, hidden_size)
            self.input_gate = nn.Linear(input_size + hidden_size, hidden_size)
            self.candidate = nn.Linear(input_size + hidden_size, hidden_size)
            self.output_gate = nn.Linear(input_size + hidden_size, hidden_size)

        def forward(self, input, h, c):
            both = torch.cat([input, h], -1)
            f, i = self.forget_gate(both).sigmoid(), self.input_gate(both).sigmoid()
            g, o = self.candidate(both).tanh(), self.output_gate(both).sigmoid()
            c = f * c + i * g
            return o * c.tanh(), c

    rnnscope.verify(ScratchLSTM, like="LSTMCell(10, 20)")
    """
    yield from problems(likeness, "gate-order")
