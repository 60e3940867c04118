"""vmap, grad, jacrev and functional_call over cells and layers, and a model made for inference."""

import warnings

import torch
from torch import nn
from torch.func import functional_call, grad, jacrev, stack_module_state, vmap

torch.manual_seed(0)
warnings.filterwarnings("ignore", "There is a performance drop")
cell = nn.GRUCell(4, 6)
weights = {name: value.detach() for name, value in cell.named_parameters()}
x, state = torch.randn(3, 4), torch.randn(3, 6)


def loss(weights, x, state):
    return functional_call(cell, weights, (x, state)).square().mean()


print(sum(value.sum().item() for value in grad(loss)(weights, x, state).values()))
each = vmap(grad(loss), in_dims=(None, 0, 0))(weights, x, state)
print(sum(value.sum().item() for value in each.values()))
print(jacrev(lambda x: cell(x, state))(x).sum().item())
cells = [nn.RNNCell(4, 6) for _ in range(2)]
stacked, _ = stack_module_state(cells)
print(vmap(lambda w: functional_call(cells[0], w, (x, state)))(stacked).sum().item())
with torch.inference_mode():
    print(nn.Sequential(nn.GRU(2, 3))(torch.ones(4, 5, 2))[0].shape)
