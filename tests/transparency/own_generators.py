"""Noise from generators of the program's own: their streams go on, and nothing is found in it."""

import torch
from torch import nn

try:
    from numpy.random import default_rng
except ImportError:
    default_rng = None

generator = torch.Generator().manual_seed(1)
numbers = default_rng(1) if default_rng else None


class Noisy(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru, self.head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 1)

    def forward(self, x):
        x = x + 0.1 * torch.randn(x.shape, generator=generator)
        if numbers is not None:
            x = x * numbers.normal()
        return self.head(self.gru(x)[0][:, -1])


model = Noisy()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(4):
    loss = (model(torch.randn(3, 5, 4)) - torch.randn(3, 1)).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def late():
    return torch.rand(1, generator=generator).item(), numbers.normal() if numbers else None
