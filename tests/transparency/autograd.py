"""Checkpointing with dropout, anomaly detection, a second derivative, autocast, accumulation."""

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

gru, head = nn.GRU(4, 6, batch_first=True), nn.Sequential(nn.Dropout(0.3), nn.Linear(6, 1))
x = torch.randn(3, 5, 4, requires_grad=True)
for reentrant in (False, True):
    print(checkpoint(head, gru(x)[0], use_reentrant=reentrant).mean().item())
with torch.autograd.detect_anomaly(check_nan=False):
    checkpoint(head, gru(x)[0], use_reentrant=False).mean().backward()
head(gru(x)[0]).mean().backward()
with torch.autocast("cpu", dtype=torch.bfloat16):
    print(head(gru(x)[0]).dtype)
cell, state = nn.GRUCell(4, 6), torch.zeros(3, 6)
(first,) = torch.autograd.grad(cell(x[:, 0], state).sum(), x, create_graph=True)
first.square().sum().backward()
print(x.grad.sum().item(), [p.grad.sum().item() for p in gru.parameters()])
