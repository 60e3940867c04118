"""RNN804: layer-state."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.likeness import problems
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.likeness import Likeness


@rule("RNN804", "layer-state", Severity.ERROR, Likeness)
def layer_state(likeness: Likeness) -> Iterator[Problem]:
    """A layer is given the state of another layer.

    What it does
    ------------
    Reports a hand-written stack in which an upper layer starts from, or is handed, the lower
    layer's state.

    Why is this bad?
    ----------------
    Every layer needs a state of its own, carried from step to step. With one state for all, the
    upper layers forget at every step, and h_n cannot hold (num_layers, N, H_out).

    Example
    -------
    import rnnscope

    class ScratchStack(nn.Module):
        def __init__(self, input_size, hidden_size, num_layers):
            super().__init__()
            sizes = [input_size] + [hidden_size] * (num_layers - 1)
            self.cells = nn.ModuleList(nn.GRUCell(size, hidden_size) for size in sizes)

        def forward(self, input, h_0):  # RNN804
            h, outputs = list(h_0), []
            for x in input:
                for k, cell in enumerate(self.cells):
                    x = h[k] = cell(x, h[max(k - 1, 0)])
                outputs.append(x)
            return torch.stack(outputs), torch.stack(h)

    rnnscope.verify(ScratchStack, like="GRU(10, 20, num_layers=2)")

    Use instead
    -----------
    import rnnscope

    class ScratchStack(nn.Module):
        def __init__(self, input_size, hidden_size, num_layers):
            super().__init__()
            sizes = [input_size] + [hidden_size] * (num_layers - 1)
            self.cells = nn.ModuleList(nn.GRUCell(size, hidden_size) for size in sizes)

        def forward(self, input, h_0):
            h, outputs = list(h_0), []
            for x in input:
                for k, cell in enumerate(self.cells):
                    x = h[k] = cell(x, h[k])
                outputs.append(x)
            return torch.stack(outputs), torch.stack(h)

    rnnscope.verify(ScratchStack, like="GRU(10, 20, num_layers=2)")
    """
    yield from problems(likeness, "layer-state")
