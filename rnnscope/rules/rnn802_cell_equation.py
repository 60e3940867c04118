"""RNN802: cell-equation."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.likeness import problems
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.likeness import Likeness


@rule("RNN802", "cell-equation", Severity.ERROR, Likeness)
def cell_equation(likeness: Likeness) -> Iterator[Problem]:
    """The cell computes another equation.

    What it does
    ------------
    Reports a hand-written cell that is exactly a known variation of torch's equations: a tanh
    forgotten, the reset gate before the product, one gate used for two.

    Why is this bad?
    ----------------
    Shapes and training look as usual; the results differ from ``torch.nn`` for the same weights,
    so that neither trained weights nor published results carry over.

    Example
    -------
    import rnnscope

    class ScratchLSTM(nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            self.x = nn.Linear(input_size, 4 * hidden_size)
            self.h = nn.Linear(hidden_size, 4 * hidden_size)

        def forward(self, input, h, c):  # RNN802
            i, f, g, o = (self.x(input) + self.h(h)).chunk(4, -1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            return o.sigmoid() * c, c

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
    yield from problems(likeness, "equation")
