"""RNN812: backward-half."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.likeness import problems
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.likeness import Likeness


@rule("RNN812", "backward-half", Severity.ERROR, Likeness)
def backward_half(likeness: Likeness) -> Iterator[Problem]:
    """The backward half of a bidirectional layer is not what it should be.

    What it does
    ------------
    Reports a hand-written bidirectional layer whose backward half reads forwards, is not turned
    back, shares the forward half's weights, or stands in the wrong place.

    Why is this bad?
    ----------------
    At each step the two halves then speak of different places of the sequence.

    Example
    -------
    import rnnscope

    class BothWays(nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            self.forwards = nn.GRU(input_size, hidden_size)
            self.backwards = nn.GRU(input_size, hidden_size)

        def forward(self, input, h_0):  # RNN812
            there, h = self.forwards(input, h_0[:1])
            back, h_back = self.backwards(input.flip(0), h_0[1:])
            return torch.cat([there, back], -1), torch.cat([h, h_back])

    rnnscope.verify(BothWays, like="GRU(10, 20, bidirectional=True)")

    Use instead
    -----------
    import rnnscope

    class BothWays(nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            self.forwards = nn.GRU(input_size, hidden_size)
            self.backwards = nn.GRU(input_size, hidden_size)

        def forward(self, input, h_0):
            there, h = self.forwards(input, h_0[:1])
            back, h_back = self.backwards(input.flip(0), h_0[1:])
            return torch.cat([there, back.flip(0)], -1), torch.cat([h, h_back])

    rnnscope.verify(BothWays, like="GRU(10, 20, bidirectional=True)")
    """
    yield from problems(likeness, "direction")
