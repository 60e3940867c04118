"""Once a watch has ended nothing of it is left: torch.compile has nothing to warn of."""

from contextlib import nullcontext

import torch
from torch import nn
from torch.nn.modules import module

watch = globals().get("watch", nullcontext)  # given by the test
model = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
with watch():
    nn.LSTM(4, 6)(torch.randn(5, 3, 4))
print(torch.compile(model, backend="eager")(torch.ones(2, 4)).sum().item())
print(sorted(name for name, value in vars(module).items() if "_global_" in name and value))
