"""A model of modules inside of modules, nearly as deep as plain Python bears."""

import torch
from torch import nn


class Around(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x)


model = nn.Linear(4, 4)
for _ in range(220):
    model = Around(model)
print(model(torch.randn(3, 4)).sum().item())
