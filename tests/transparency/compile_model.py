"""torch.compile of models, bare layers, cells and functions that make their own first state."""

import torch
from torch import nn


class Last(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer, self.head = layer, nn.Linear(6, 2)

    def forward(self, x):
        return self.head(self.layer(x)[0][:, -1])


x = torch.randn(3, 5, 4)
lstm, gru = nn.LSTM(4, 6, batch_first=True), nn.GRU(4, 6, batch_first=True)
cells = nn.LSTMCell(4, 6), nn.GRUCell(4, 6), nn.RNNCell(4, 6)
for backend in ("eager", "aot_eager"):
    model = Last(lstm)
    compiled = torch.compile(model, backend=backend)
    compiled(x).square().mean().backward()
    print(compiled(x).sum().item(), torch.compile(gru, backend=backend)(x)[0].sum().item())
    for cell in cells:
        state = torch.compile(cell, backend=backend)(x[:, 0])
        print(sum(part.sum().item() for part in state))
dynamic = torch.compile(lambda x: gru(x)[0] * 2, backend="eager", dynamic=True)
print([dynamic(torch.ones(n, 5, 4)).sum().item() for n in (2, 3, 4)])
whole = Last(nn.RNN(4, 6, batch_first=True))
whole.compile(backend="eager")
print(whole(x).sum().item())
