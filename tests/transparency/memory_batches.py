"""Of the batches and results of a training loop none outlives its step."""

import gc
import weakref

import torch
from torch import nn

gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 1)
optimizer = torch.optim.SGD([*gru.parameters(), *head.parameters()], lr=0.1)
references = []
for _ in range(12):
    x, y = torch.randn(3, 5, 4), torch.randn(3, 1)
    output, _ = gru(x)
    loss = (head(output[:, -1]) - y).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    references += [weakref.ref(tensor) for tensor in (x, y, output, loss)]
del x, y, output, _, loss
gc.collect()
print([reference() is not None for reference in references])
