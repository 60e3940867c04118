"""torch.jit.trace and script: the same graphs, and not one warning more."""

import torch
from torch import nn


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.head = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 3)

    def forward(self, x):
        output, _ = self.lstm(x)
        return self.head(output[:, -1])


model, x = Tagger(), torch.randn(3, 5, 4)
traced = torch.jit.trace(model, x)
scripted = torch.jit.script(model)
print(traced.graph, traced.code, scripted.code)
print(torch.equal(traced(x), model(x)), torch.equal(scripted(x), model(x)))


def scale_of_this_place():
    def doubled(value: float) -> float:
        return 2 * value

    @torch.jit.script
    class Scale:
        def __init__(self, value: float):
            self.by = doubled(value)

    return Scale(1.5).by


print(scale_of_this_place())
