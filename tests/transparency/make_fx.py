"""The graph that make_fx records has the program's operations alone."""

import torch
from torch import nn
from torch.fx.experimental.proxy_tensor import make_fx

cell, head = nn.GRUCell(4, 6), nn.Linear(6, 1)
print(make_fx(lambda x: head(cell(x)).mean())(torch.randn(3, 4)).code)
