# A DataLoader in order over chunks that were laid out so that row i goes on in the next batch.
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(2)
N, C, T = 4, 6, 9
stream = torch.randn(N, C * T + 1, 2).cumsum(1)
xs = stream[:, :-1].reshape(N, C, T, 2).transpose(0, 1).reshape(C * N, T, 2)
ys = stream[:, 1:].reshape(N, C, T, 2).transpose(0, 1).reshape(C * N, T, 2)
loader = DataLoader(TensorDataset(xs, ys), batch_size=N)
lstm, fc = nn.LSTM(2, 16, batch_first=True), nn.Linear(16, 2)
opt = torch.optim.Adam([*lstm.parameters(), *fc.parameters()], 1e-2)
for epoch in range(2):
    state = None
    for x, y in loader:
        o, state = lstm(x, state)
        state = tuple(s.detach() for s in state)
        loss = nn.functional.mse_loss(fc(o), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
