# One learnt initial state per station; every batch holds all stations in the same order.
import torch
from torch import nn

torch.manual_seed(8)
S = 5
weather = torch.randn(S, 200, 3)
flow = weather.sum(-1).cumsum(1) * 0.1
h0 = nn.Parameter(torch.zeros(1, S, 9))
gru, fc = nn.GRU(3, 9, batch_first=True), nn.Linear(9, 1)
opt = torch.optim.Adam([h0, *gru.parameters(), *fc.parameters()], 1e-2)
for step in range(6):
    k = int(torch.randint(180, ()))
    out, _ = gru(weather[:, k : k + 20], h0)
    loss = (fc(out)[..., 0] - flow[:, k : k + 20]).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
