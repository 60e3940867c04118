"""The whole training step is compiled, the optimizer's included."""

import torch
from torch import nn

model = nn.ModuleDict({"cell": nn.GRUCell(4, 6), "head": nn.Linear(6, 1)})
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)


@torch.compile(backend="eager")
def step(x, y):
    optimizer.zero_grad()
    loss = (model["head"](model["cell"](x)) - y).square().mean()
    loss.backward()
    optimizer.step()
    return loss


for _ in range(3):
    print(step(torch.randn(3, 4), torch.randn(3, 1)).item())
