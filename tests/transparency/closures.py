"""A training loop that an optimizer calls, as frameworks have it: recorded like any other."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
lstm, head = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 1)
parameters = [*lstm.parameters(), *head.parameters()]
x = torch.randn(16, 5, 4)
loader = DataLoader(TensorDataset(x, x.sum((1, 2))[:, None]), batch_size=4, shuffle=True)
for optimizer in (torch.optim.LBFGS(parameters, max_iter=3), torch.optim.Adam(parameters)):
    for batch, target in loader:

        def closure(optimizer=optimizer, batch=batch, target=target):
            optimizer.zero_grad()
            output, _ = lstm(batch)
            loss = nn.functional.mse_loss(head(output[:, -1]), target) / 2
            loss.backward()
            return loss

        print(optimizer.step(closure).item())
