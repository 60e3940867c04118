"""torch.compile with its own backend, which writes C++."""

import torch
from torch import nn

cell, head = nn.LSTMCell(4, 6), nn.Linear(6, 2)
compiled = torch.compile(lambda x: head(cell(x)[0]).square().mean())
loss = compiled(torch.randn(3, 4))
loss.backward()
print(loss.item(), cell.weight_ih.grad.sum().item())
