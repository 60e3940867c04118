"""Three mistakes of published hand-written LSTMs, none of which raises, each found by verify.

Run it: python examples/scratch_mistakes.py
"""

import torch
from torch import nn

import rnnscope


def cells(input_size, hidden_size, num_layers):
    """One nn.LSTMCell for each layer."""
    sizes = [input_size] + [hidden_size] * (num_layers - 1)
    return nn.ModuleList(nn.LSTMCell(size, hidden_size) for size in sizes)


class OneStateForAll(nn.Module):
    """Mistake 1: an upper layer takes the lower layer's hidden state for its own previous one."""

    def __init__(self, input_size, hidden_size, num_layers):
        super().__init__()
        self.hidden_size = hidden_size
        self.cells = cells(input_size, hidden_size, num_layers)

    def forward(self, input):
        h = c = input.new_zeros(input.size(1), self.hidden_size)
        outputs = []
        for x in input:
            for cell in self.cells:
                h, c = cell(x, (h, c))  # h and c are those of the layer below
                x = h
            outputs.append(h)
        return torch.stack(outputs), (h.unsqueeze(0), c.unsqueeze(0))  # one layer only


class BroadcastState(nn.Module):
    """Mistake 2: a state (2, N, H) meets one token (1, N, H_in), and two outputs come back."""

    def __init__(self, input_size, hidden_size, num_layers):
        super().__init__()
        self.x = nn.Linear(input_size, 4 * hidden_size)
        self.h = nn.Linear(hidden_size, 4 * hidden_size)

    def forward(self, token, state):
        h, c = state
        i, f, g, o = (self.x(token) + self.h(h)).chunk(4, -1)  # (1, N, 4H) + (2, N, 4H)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        return h, (h, c)


class GrowingOutputs(nn.Module):
    """Mistake 3: outputs are appended to a list on self, which no call ever empties."""

    def __init__(self, input_size, hidden_size, num_layers):
        super().__init__()
        self.hidden_size = hidden_size
        self.cells = cells(input_size, hidden_size, num_layers)
        self.outputs = []

    def forward(self, input):
        zeros = [input.new_zeros(input.size(1), self.hidden_size) for _ in self.cells]
        h, c = list(zeros), list(zeros)
        for x in input:
            for k, cell in enumerate(self.cells):
                h[k], c[k] = cell(x, (h[k], c[k]))
                x = h[k]
            self.outputs.append(x)
        return torch.stack(self.outputs), (torch.stack(h), torch.stack(c))


if __name__ == "__main__":
    for mistake in (OneStateForAll, BroadcastState, GrowingOutputs):
        result = rnnscope.verify(mistake, like="LSTM(10, 20, num_layers=2)")
        print(f"{mistake.__name__}: {result.verdict}")
        for finding in result.counted:
            print(f"  {finding.code} {finding.name}: {finding.message}\n")
