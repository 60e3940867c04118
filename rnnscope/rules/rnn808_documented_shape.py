"""RNN808: documented-shape."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.likeness import problems
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.likeness import Likeness


@rule("RNN808", "documented-shape", Severity.ERROR, Likeness)
def documented_shape(likeness: Likeness) -> Iterator[Problem]:
    """A result or a state has another shape than documented.

    What it does
    ------------
    Reports a hand-written layer whose output, h_n or c_n is not laid out as torch documents it:
    output (L, N, D*H_out), or (N, L, D*H_out) with batch_first, and states (D*num_layers, N, H)
    in either case. What a caller may well have wanted, such as states without the axis of a
    single layer, is a hint.

    Why is this bad?
    ----------------
    Code written for ``torch.nn`` reads other numbers, without an error whenever two sizes agree.

    Example
    -------
    import rnnscope

    class ScratchRNN(nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            self.hidden_size = hidden_size
            self.cell = nn.RNNCell(input_size, hidden_size)

        def forward(self, input, h=None):  # RNN808
            h = input.new_zeros(1, input.size(1), self.hidden_size) if h is None else h
            h, outputs = h[0], []
            for x in input:
                h = self.cell(x, h)
                outputs.append(h)
            return torch.stack(outputs), h.unsqueeze(1)

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
    yield from problems(likeness, "documented-shape")
