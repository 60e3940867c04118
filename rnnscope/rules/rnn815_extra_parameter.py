"""RNN815: extra-parameter."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.likeness import problems
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.likeness import Likeness


@rule("RNN815", "extra-parameter", Severity.ERROR, Likeness)
def extra_parameter(likeness: Likeness) -> Iterator[Problem]:
    """A parameter does something that torch's cell has no term for.

    What it does
    ------------
    Reports a parameter of a hand-written cell that changes the results and is no block of torch's
    weights, such as a peephole or a normalisation.

    Why is this bad?
    ----------------
    It may be wanted, but then it is another cell: torch's weights leave it undetermined.

    Example
    -------
    import rnnscope

    class ScratchLSTM(nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            self.x = nn.Linear(input_size, 4 * hidden_size)
            self.h = nn.Linear(hidden_size, 4 * hidden_size)
            self.peephole = nn.Parameter(torch.zeros(hidden_size))

        def forward(self, input, h, c):  # RNN815
            i, f, g, o = (self.x(input) + self.h(h)).chunk(4, -1)
            c = (f + self.peephole * c).sigmoid() * c + i.sigmoid() * g.tanh()
            return o.sigmoid() * c.tanh(), c

    rnnscope.verify(ScratchLSTM, like="LSTMCell(10, 20)")

    Use instead
    -----------
    import rnnscope

    class ScratchLSTM(nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            self.x = nn.Linear(input_size, 4 * hidden_size)
            self.h = nn.Linear(hidden_size, 4 * hidden_size)

        def forward(self, input, h, c):
            i, f, g, o = (self.x(input) + self.h(h)).chunk(4, -1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            return o.sigmoid() * c.tanh(), c

    rnnscope.verify(ScratchLSTM, like="LSTMCell(10, 20)")
    """
    yield from problems(likeness, "extra-parameter")
