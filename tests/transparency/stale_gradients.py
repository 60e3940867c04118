"""A cell used once, for a penalty, whose gradient is never cleared, is not taken for untrained."""

import torch
from torch import nn

cell, gru, head = nn.GRUCell(4, 6), nn.GRU(4, 6), nn.Linear(6, 1)
cell(torch.randn(3, 4)).square().mean().backward()
optimizer = torch.optim.SGD([*gru.parameters(), *head.parameters()], lr=0.1)
for _ in range(8):
    loss = head(gru(torch.randn(5, 3, 4))[0]).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(cell.weight_ih.grad.sum().item())
