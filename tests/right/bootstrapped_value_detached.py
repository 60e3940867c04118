import torch
import torch.nn as nn

torch.manual_seed(53)
# TD(0) value learning on a random walk; next value is a constant in the loss
T, N = 10, 16
rnn = nn.GRU(1, 8)
val = nn.Linear(8, 1)
opt = torch.optim.SGD(list(rnn.parameters()) + list(val.parameters()), lr=0.05)
for it in range(20):
    walk = torch.randn(T + 1, N).cumsum(0) * 0.3
    reward = walk[1:].tanh()
    v = val(rnn(walk.unsqueeze(-1))[0]).squeeze(-1)  # (T+1, N)
    target = reward + 0.8 * v[1:].detach()
    loss = 0.5 * (v[:-1] - target).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 9 == 0:
        print(f"{it:2d} {loss.item():.4f}")
