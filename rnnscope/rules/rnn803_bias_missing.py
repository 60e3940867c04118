"""RNN803: bias-missing."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.likeness import problems
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.likeness import Likeness


@rule("RNN803", "bias-missing", Severity.ERROR, Likeness)
def bias_missing(likeness: Likeness) -> Iterator[Problem]:
    """A bias that torch has is missing.

    What it does
    ------------
    Reports a hand-written cell without a bias that changes the function. One bias in place of
    torch's two is the same function wherever they are only added: everywhere in RNN and LSTM, and
    in the reset and update gates of a GRU, but not in its candidate, where the reset gate
    multiplies b_hn.

    Why is this bad?
    ----------------
    The cell can compute less than torch's, and weights with that bias cannot be copied into it.

    Example
    -------
    import rnnscope

    class ScratchGRU(nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            self.x = nn.Linear(input_size, 3 * hidden_size)
            self.h = nn.Linear(hidden_size, 3 * hidden_size, bias=False)

        def forward(self, input, h):  # RNN803
            x_r, x_z, x_n = self.x(input).chunk(3, -1)
            h_r, h_z, h_n = self.h(h).chunk(3, -1)
            r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
            n = (x_n + r * h_n).tanh()
            return (1 - z) * n + z * h

    rnnscope.verify(ScratchGRU, like="GRUCell(10, 20)")

    Use instead
    -----------
    import rnnscope

    class ScratchGRU(nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            self.x = nn.Linear(input_size, 3 * hidden_size)
            self.h = nn.Linear(hidden_size, 3 * hidden_size)

        def forward(self, input, h):
            x_r, x_z, x_n = self.x(input).chunk(3, -1)
            h_r, h_z, h_n = self.h(h).chunk(3, -1)
            r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
            n = (x_n + r * h_n).tanh()
            return (1 - z) * n + z * h

    rnnscope.verify(ScratchGRU, like="GRUCell(10, 20)")
    """
    yield from problems(likeness, "bias-missing")
