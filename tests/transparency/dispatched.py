"""The operations that torch dispatches, each counted."""

from collections import Counter

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode


class Counting(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.met = Counter()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.met[str(func)] += 1
        return func(*args, **(kwargs or {}))


lstm, head = nn.LSTM(4, 6), nn.Linear(6, 1)
optimizer = torch.optim.SGD([*lstm.parameters(), *head.parameters()], lr=0.1)
with Counting() as counting:
    for _ in range(3):
        loss = head(lstm(torch.randn(5, 3, 4))[0]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
print(sorted(counting.met.items()))
