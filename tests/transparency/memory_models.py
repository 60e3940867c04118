"""Of thirty models that were made, run and dropped, none stays alive."""

import gc
import weakref

import torch
from torch import nn


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell, self.head = nn.LSTMCell(4, 6), nn.Linear(6, 4)

    def forward(self, x):
        state = None
        for _ in range(3):
            state = self.cell(x, state)
            x = self.head(state[0])
        return x


references = []
for _ in range(30):
    model = Decoder()
    model(torch.randn(2, 4)).square().mean().backward()
    references += [weakref.ref(model), weakref.ref(model.cell), weakref.ref(model.head.weight)]
del model
gc.collect()
print(sum(reference() is not None for reference in references))
