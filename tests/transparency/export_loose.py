"""torch.export as it is by default, with a size left open."""

import torch
from torch import nn


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.head = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 3)

    def forward(self, x):
        return self.head(self.lstm(x)[0])


model, x = Tagger(), torch.randn(3, 5, 4)
sizes = {0: torch.export.Dim("batch", min=2, max=64)}
exported = torch.export.export(model, (x,), dynamic_shapes=(sizes,), strict=False)
print(exported.graph_module.code)
print(exported.module()(torch.ones(4, 5, 4)).sum().item())
