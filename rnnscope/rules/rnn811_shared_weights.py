"""RNN811: shared-weights."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.likeness import problems
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.likeness import Likeness


@rule("RNN811", "shared-weights", Severity.ERROR, Likeness)
def shared_weights(likeness: Likeness) -> Iterator[Problem]:
    """All layers use the same weights.

    What it does
    ------------
    Reports a hand-written stack that calls one and the same cell for every layer.

    Why is this bad?
    ----------------
    The number of parameters does not grow with num_layers, and weights of a stack of torch's
    cannot be copied into it.

    Example
    -------
    import rnnscope

    class ScratchStack(nn.Module):
        def __init__(self, input_size, hidden_size, num_layers):
            super().__init__()
            self.cell = nn.GRUCell(hidden_size, hidden_size)

        def forward(self, input, h):  # RNN811
            new = []
            for k in range(len(h)):
                input = self.cell(input, h[k])
                new.append(input)
            return input, torch.stack(new)

    rnnscope.verify(ScratchStack(20, 20, 2), like="GRU(20, 20, num_layers=2)")

    Use instead
    -----------
    import rnnscope

    class ScratchStack(nn.Module):
        def __init__(self, input_size, hidden_size, num_layers):
            super().__init__()
            sizes = [input_size] + [hidden_size] * (num_layers - 1)
            self.cells = nn.ModuleList(nn.GRUCell(size, hidden_size) for size in sizes)

        def forward(self, input, h):
            new = []
            for k, cell in enumerate(self.cells):
                input = cell(input, h[k])
                new.append(input)
            return input, torch.stack(new)

    rnnscope.verify(ScratchStack(20, 20, 2), like="GRU(20, 20, num_layers=2)")
    """
    yield from problems(likeness, "shared-weights")
