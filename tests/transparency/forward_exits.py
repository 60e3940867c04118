"""A forward that ends the program, at its third call."""

import sys

import torch
from torch import nn


class Budget(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.left = nn.LSTM(4, 6, batch_first=True), 2

    def forward(self, x):
        if self.left == 0:
            sys.exit()
        self.left -= 1
        return self.lstm(x)[0]


torch.manual_seed(0)
model = Budget()
while True:
    print(model(torch.randn(3, 5, 4)).mean().item())
