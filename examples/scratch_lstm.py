"""An LSTM from scratch, one small module for each gate: a drop-in for nn.LSTM, and verified.

Run it: python examples/scratch_lstm.py
"""

import torch
from torch import nn

import rnnscope


class Gate(nn.Module):
    """W x + b_x + U h + b_h through an activation: (N, H_in) and (N, H) -> (N, H)."""

    def __init__(self, input_size, hidden_size, activation):
        super().__init__()
        self.from_input = nn.Linear(input_size, hidden_size)
        self.from_hidden = nn.Linear(hidden_size, hidden_size)
        self.activation = activation

    def forward(self, x, h):
        return self.activation(self.from_input(x) + self.from_hidden(h))


class ScratchLSTMCell(nn.Module):
    """One step: (N, H_in), ((N, H), (N, H)) -> (N, H), (N, H)."""

    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.input_gate = Gate(input_size, hidden_size, torch.sigmoid)
        self.forget_gate = Gate(input_size, hidden_size, torch.sigmoid)
        self.candidate = Gate(input_size, hidden_size, torch.tanh)
        self.output_gate = Gate(input_size, hidden_size, torch.sigmoid)

    def forward(self, x, state):
        h, c = state
        new = self.input_gate(x, h) * self.candidate(x, h)
        c = self.forget_gate(x, h) * c + new
        h = self.output_gate(x, h) * torch.tanh(c)
        return h, c


class ScratchLSTM(nn.Module):
    """Layers of cells over a sequence, called exactly as nn.LSTM is."""

    def __init__(self, input_size, hidden_size, num_layers=1, batch_first=False):
        super().__init__()
        self.hidden_size, self.batch_first = hidden_size, batch_first
        sizes = [input_size] + [hidden_size] * (num_layers - 1)
        self.layers = nn.ModuleList(ScratchLSTMCell(size, hidden_size) for size in sizes)

    def forward(self, input, hx=None):
        steps = input.transpose(0, 1) if self.batch_first else input  # (L, N, H_in)
        if hx is None:
            zeros = steps.new_zeros(len(self.layers), steps.size(1), self.hidden_size)
            hx = (zeros, zeros)
        finals = []
        for layer, h, c in zip(self.layers, *hx, strict=True):  # each layer has a state of its own
            outputs = []
            for x in steps:
                h, c = layer(x, (h, c))
                outputs.append(h)
            steps = torch.stack(outputs)  # (L, N, H), the next layer's input
            finals.append((h, c))
        h_n, c_n = (torch.stack(states) for states in zip(*finals, strict=True))
        return (steps.transpose(0, 1) if self.batch_first else steps), (h_n, c_n)


if __name__ == "__main__":
    result = rnnscope.verify(ScratchLSTM, like="LSTM(10, 20, num_layers=2)")
    print(result)

    # Trained weights of torch's, carried over.
    torchs = nn.LSTM(10, 20, num_layers=2)
    ours = ScratchLSTM(10, 20, num_layers=2)
    ours.load_state_dict(result.from_torch(torchs.state_dict()))
    x = torch.randn(5, 3, 10)
    print("after from_torch:", (ours(x)[0] - torchs(x)[0]).abs().max().item())
