"""RNN805: state-broadcast."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.likeness import problems
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.likeness import Likeness


@rule("RNN805", "state-broadcast", Severity.ERROR, Likeness)
def state_broadcast(likeness: Likeness) -> Iterator[Problem]:
    """A state is broadcast over an axis that the input does not have.

    What it does
    ------------
    Reports a hand-written layer whose state (D*num_layers, N, H) is added to a one-step input (1,
    N, H_in) as it stands: the axis of layers is broadcast against the axis of time.

    Why is this bad?
    ----------------
    No error is raised; the output has as many steps as there are layers, and each of them is
    computed from the same token.

    Example
    -------
    import rnnscope

    class OneToken(nn.Module):
        def __init__(self, input_size, hidden_size, num_layers):
            super().__init__()
            sizes = [input_size] + [hidden_size] * (num_layers - 1)
            self.cells = nn.ModuleList(nn.RNNCell(size, hidden_size) for size in sizes)

        def forward(self, token, h):  # RNN805
            w, u = self.cells[0].weight_ih, self.cells[0].weight_hh
            h = torch.tanh(token @ w.T + h @ u.T)
            return h, h

    rnnscope.verify(OneToken, like="RNN(10, 20, num_layers=2)")

    Use instead
    -----------
    import rnnscope

    class OneToken(nn.Module):
        def __init__(self, input_size, hidden_size, num_layers):
            super().__init__()
            sizes = [input_size] + [hidden_size] * (num_layers - 1)
            self.cells = nn.ModuleList(nn.RNNCell(size, hidden_size) for size in sizes)

        def forward(self, token, h):
            x, new = token[0], []
            for k, cell in enumerate(self.cells):
                x = cell(x, h[k])
                new.append(x)
            return x.unsqueeze(0), torch.stack(new)

    rnnscope.verify(OneToken, like="RNN(10, 20, num_layers=2)")
    """
    yield from problems(likeness, "state-broadcast")
