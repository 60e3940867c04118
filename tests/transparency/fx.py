"""fx.symbolic_trace of models with a layer of torch's, and with somebody's subclass of one."""

import torch
from torch import fx, nn


class Own(nn.LSTM):
    def forward(self, x):
        return torch.tanh(x @ self.weight_ih_l0.T)


class Tagger(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer, self.head = layer, nn.Linear(24, 2)

    def forward(self, x):
        return self.head(self.layer(x))


own = fx.symbolic_trace(Tagger(Own(4, 6)))
print(own.code, own(torch.randn(5, 3, 4)).shape)
leaf = fx.symbolic_trace(nn.Sequential(nn.Linear(3, 4), nn.LSTM(4, 6)))
print(leaf.graph, leaf(torch.randn(5, 3, 3))[0].shape)
