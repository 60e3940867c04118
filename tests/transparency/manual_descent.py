"""Training by torch.autograd.grad, without an optimizer and without backward."""

import torch
from torch import nn

torch.manual_seed(0)
model = nn.ModuleDict({"lstm": nn.LSTM(4, 6, batch_first=True), "head": nn.Linear(6, 1)})
parameters = list(model.parameters())
for _ in range(5):
    x = torch.randn(8, 5, 4, requires_grad=True)
    output, _state = model["lstm"](x)
    loss = nn.functional.mse_loss(model["head"](output[:, -1]), x.sum((1, 2))[:, None])
    (slope,) = torch.autograd.grad(loss, x, create_graph=True)
    gradients = torch.autograd.grad(loss + slope.pow(2).mean(), parameters)
    with torch.no_grad():
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter -= 0.1 * gradient
    print(loss.item())
