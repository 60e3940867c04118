"""torch.export in strict mode, of a model with and one without a recurrent layer."""

import torch
from torch import nn


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell, self.head = nn.GRUCell(4, 6), nn.Linear(6, 3)

    def forward(self, x):
        return self.head(self.cell(x))


x = torch.randn(3, 4)
for model in (Tagger(), nn.Linear(4, 2)):
    exported = torch.export.export(model, (x,), strict=True)
    print(exported.graph_module.code, torch.equal(exported.module()(x), model(x)))
