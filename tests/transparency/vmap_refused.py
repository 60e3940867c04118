"""vmap over a cell that torch refuses: the reason is not one of packed input."""

import torch
from torch import nn

cell = nn.LSTMCell(4, 6)
torch.vmap(lambda x: cell(x)[0])(torch.randn(7, 3, 4))
