"""Wrong calls that a program expects and handles are no findings."""

import unittest

import pytest
import torch
from torch import nn

lstm, gru, x = nn.LSTM(4, 6), nn.GRU(4, 6), torch.randn(5, 3, 4)
state = torch.zeros(2, 3, 6)
try:
    lstm(torch.randn(5, 3, 7))
except (RuntimeError, ValueError) as error:
    print(error)
try:
    lstm(x, (state, state))
except RuntimeError as error:
    print(error)
with pytest.raises(RuntimeError):
    gru(x, torch.zeros(1, 2, 6))
with unittest.TestCase().assertRaises((TypeError, AttributeError)):  # noqa: PT027
    gru([1, 2, 3])
with pytest.raises(ValueError, match="dropout"):
    nn.LSTM(4, 6, dropout=2.0)
print(lstm(x)[0].sum().item())
