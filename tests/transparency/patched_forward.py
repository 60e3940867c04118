"""A layer whose forward was replaced, and one in which the recursion limit is met and handled."""

import torch
from torch import nn

torch.manual_seed(0)
lstm, x = nn.LSTM(4, 6), torch.randn(5, 3, 4)
forward = lstm.forward
lstm.forward = lambda x, state=None: forward(x.flip(0), state)
print(lstm(x)[0].sum().item())


class Endless(nn.Module):
    def forward(self, x):
        return self(x)


try:
    Endless()(x)
except RecursionError:
    print("too deep")
print(lstm(x)[0].sum().item())
