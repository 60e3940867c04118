"""Three threads that train, each its own model."""

import threading

import torch
from torch import nn

torch.manual_seed(0)
models = nn.ModuleList(nn.ModuleDict({"g": nn.GRU(4, 6), "h": nn.Linear(6, 1)}) for _ in range(3))
batches = torch.randn(3, 6, 5, 2, 4)
losses = {}


def train(number):
    model = models[number]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x in batches[number]:
        loss = model["h"](model["g"](x)[0]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    losses[number] = loss.item()


workers = [threading.Thread(target=train, args=(number,)) for number in range(3)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
print(sorted(losses.items()))
