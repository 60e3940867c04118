"""Modules whose ``__getattr__`` raises something else, or is asked for by others."""

import torch
from torch import nn


class Strict(nn.RNNCellBase):
    def __init__(self):
        nn.Module.__init__(self)
        self._parameters["weight_hh"] = nn.Parameter(torch.randn(6, 6))

    def __getattr__(self, name):
        if name in self.__dict__.get("_parameters", {}):
            return self._parameters[name]
        raise RuntimeError(f"there is no {name}")

    def forward(self, x):
        return torch.tanh(x @ self.weight_hh.T)


class Forwarding(nn.Module):
    asked = []  # noqa: RUF012

    def __init__(self, inner):
        super().__init__()
        self._modules["inner"] = inner

    def __getattr__(self, name):
        Forwarding.asked.append(name)
        return getattr(self._modules["inner"], name)

    def forward(self, x):
        return self._modules["inner"](x)[0]


print(Strict()(torch.randn(3, 6)).sum().item())
model = Forwarding(nn.GRU(4, 6))
for _ in range(2):
    model(torch.randn(5, 3, 4)).sum().backward()


def late():
    return Forwarding.asked
