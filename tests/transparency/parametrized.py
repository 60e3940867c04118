"""A weight that is computed whenever it is looked at is not looked at once more."""

import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize, weight_norm


class Counting(nn.Module):
    looks = 0

    def forward(self, weight):
        Counting.looks += 1
        return weight * 1.01


x = torch.randn(3, 4)
spectral = parametrizations.spectral_norm(nn.LSTMCell(4, 6), "weight_ih")
layer = parametrizations.spectral_norm(nn.LSTM(4, 6), "weight_ih_l0")
older = nn.utils.spectral_norm(nn.GRUCell(4, 6), "weight_hh")
normed = weight_norm(nn.RNNCell(4, 6), "weight_ih", dim=0)
turned = parametrizations.orthogonal(nn.RNNCell(4, 6), "weight_hh")
counted = nn.GRUCell(4, 6)
parametrize.register_parametrization(counted, "weight_ih", Counting())
modules = nn.ModuleList([spectral, layer, older, normed, turned, counted])
optimizer = torch.optim.SGD(modules.parameters(), lr=0.1)
for _ in range(4):
    results = spectral(x)[0], layer(x)[0], older(x), normed(x), turned(x), counted(x)
    optimizer.zero_grad()
    sum(result.square().mean() for result in results).backward()
    optimizer.step()
print(Counting.looks, spectral.parametrizations.weight_ih[0]._u.sum().item())
