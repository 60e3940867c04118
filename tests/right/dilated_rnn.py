"""Dilated RNN: a layer of dilation d runs d interleaved sub-sequences as extra batch."""

import torch
import torch.nn as nn

torch.manual_seed(45)


class DilatedGRU(nn.Module):
    def __init__(self, d_in, hidden, n_layers):
        super().__init__()
        self.cells = nn.ModuleList(
            nn.GRU(d_in if i == 0 else hidden, hidden) for i in range(n_layers)
        )
        self.dilations = [2**i for i in range(n_layers)]

    @staticmethod
    def fold(x, rate):
        return torch.cat([x[j::rate] for j in range(rate)], dim=1)

    @staticmethod
    def unfold(x, rate):
        n = x.size(1) // rate
        parts = [x[:, j * n : (j + 1) * n] for j in range(rate)]
        return torch.stack(parts, dim=1).reshape(x.size(0) * rate, n, x.size(2))

    def forward(self, x):
        for cell, rate in zip(self.cells, self.dilations):
            steps = x.size(0)
            extra = -steps % rate
            if extra:
                x = torch.cat([x, x.new_zeros(extra, *x.shape[1:])])
            y, _ = cell(self.fold(x, rate))
            x = self.unfold(y, rate)[:steps]
        return x


net = DilatedGRU(2, 10, 3)
head = nn.Linear(10, 1)
opt = torch.optim.Adam(list(net.parameters()) + list(head.parameters()), lr=0.01)
T, N = 13, 9
for it in range(20):
    # adding problem
    v = torch.rand(T, N)
    mark = torch.zeros(T, N)
    mark[torch.randint(0, T // 2, (N,)), torch.arange(N)] = 1
    mark[torch.randint(T // 2, T, (N,)), torch.arange(N)] = 1
    y = (v * mark).sum(0)
    out = head(net(torch.stack([v, mark], -1)))[-1, :, 0]
    loss = (out - y).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
print("adding mse %.4f" % loss.item())
