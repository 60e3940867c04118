"""A function mode of the program's own, inside LBFGS, ends where its block ends."""

import torch
from torch import nn
from torch.overrides import TorchFunctionMode


class Counting(TorchFunctionMode):
    calls = 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        Counting.calls += 1
        return func(*args, **(kwargs or {}))


lstm, head = nn.LSTM(4, 6), nn.Linear(6, 1)
optimizer = torch.optim.LBFGS([*lstm.parameters(), *head.parameters()], max_iter=3)
x, y = torch.randn(5, 3, 4), torch.randn(3, 1)


def closure():
    optimizer.zero_grad()
    with Counting():
        output, _ = lstm(x)
    before = Counting.calls
    loss = (head(output[-1]) - y).square().mean()
    loss.backward()
    print(before, Counting.calls)
    return loss


for _ in range(2):
    print(optimizer.step(closure).item())
