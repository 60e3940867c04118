"""Everything that draws goes on where it would: before, inside and after the model's calls."""

import random

import torch
from torch import nn

try:
    import numpy
except ImportError:
    numpy = None


class Noisy(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn, self.head = nn.RNN(4, 6, dropout=0.4, num_layers=2), nn.Linear(6, 1)

    def forward(self, x):
        x = x * random.random() + torch.randn_like(x)
        if numpy is not None:
            x = x + numpy.random.rand()
        return self.head(self.rnn(x)[0])


model = Noisy()
for _ in range(3):
    model(torch.randn(5, 3, 4)).square().mean().backward()
    print(torch.rand(1).item(), random.random(), numpy.random.rand() if numpy else None)
