import math

import torch
import torch.nn as nn

torch.manual_seed(22)

# Denoising: the clean series is the target, the network sees a corrupted copy,
# a bidirectional net may look at both sides (this is smoothing, not forecasting).
N, T = 12, 20
net = nn.GRU(2, 12, bidirectional=True, batch_first=True)
dec = nn.Linear(24, 1)
opt = torch.optim.Adam(list(net.parameters()) + list(dec.parameters()), lr=0.01)


def clean():
    ph = torch.rand(N, 1) * 2 * math.pi
    return torch.sin(torch.linspace(0, 6, T) + ph).unsqueeze(-1)


def corrupt(x):
    noisy = x + 0.2 * torch.randn_like(x)
    dropped = torch.rand_like(x) < 0.2
    return torch.cat([noisy.masked_fill(dropped, 0.0), dropped.float()], dim=-1)


for step in range(25):
    x = clean()
    y, _ = net(corrupt(x))
    loss = nn.functional.mse_loss(dec(y), x)
    opt.zero_grad()
    loss.backward()
    opt.step()

with torch.no_grad():
    x = clean()
    c = corrupt(x)
    before = nn.functional.mse_loss(c[..., :1], x)
    after = nn.functional.mse_loss(dec(net(c)[0]), x)
print("noisy %.4f restored %.4f" % (before.item(), after.item()))
