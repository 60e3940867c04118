"""Warnings that a program records or shows by itself name its own lines, once for each."""

import warnings

import torch
from torch import nn

with warnings.catch_warnings(record=True) as recorded:
    warnings.simplefilter("always")
    nn.GRU(4, 6)(torch.randn(5, 3, 4))
    nn.functional.mse_loss(torch.randn(3, 1), torch.randn(3))
    torch.nn.functional.softmax(torch.ones(2, 2))
    torch.ones(2, 3, 4).T
    warnings.warn("of my own", stacklevel=1)
print([(str(w.message), w.filename, w.lineno) for w in recorded])

with warnings.catch_warnings():
    warnings.simplefilter("default")
    warnings.showwarning = lambda *shown: print([str(part) for part in shown])
    for _ in range(2):
        nn.functional.mse_loss(torch.randn(4, 1), torch.randn(4))
