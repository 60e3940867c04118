"""An excepthook of the program's own sees the exception as Python would show it."""

import sys
import traceback

import torch
from torch import nn


def hook(kind, error, trace):
    print(kind.__name__, *traceback.format_exception(kind, error, trace))


sys.excepthook = hook
lstm = nn.LSTM(4, 6)
output, _ = lstm(torch.randn(5, 3, 4))
{}["nothing"](output)
