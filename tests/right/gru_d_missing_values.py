import torch
import torch.nn as nn

torch.manual_seed(111)


class GRUD(nn.Module):
    """Che et al.: missing inputs decay towards the mean, the state decays with the gap."""

    def __init__(self, d, h, mean):
        super().__init__()
        self.register_buffer("mean", mean)
        self.gx = nn.Parameter(torch.zeros(d))
        self.gh = nn.Linear(d, h)
        self.cell = nn.GRUCell(2 * d, h)
        self.out = nn.Linear(h, 1)

    def forward(self, x, m):
        n, L, d = x.shape
        h = x.new_zeros(n, self.cell.hidden_size)
        last, gap = self.mean.expand(n, d), x.new_zeros(n, d)
        for t in range(L):
            g = torch.exp(-torch.relu(self.gx) * gap)
            xt = m[:, t] * x[:, t] + (1 - m[:, t]) * (g * last + (1 - g) * self.mean)
            h = h * torch.exp(-torch.relu(self.gh(gap)))
            h = self.cell(torch.cat([xt, m[:, t]], 1), h)
            last = torch.where(m[:, t] > 0, x[:, t], last)
            gap = torch.where(m[:, t] > 0, torch.ones_like(gap), gap + 1)
        return self.out(h).squeeze(1)


net = GRUD(3, 10, torch.full((3,), 0.5))
nn.init.constant_(net.gx, 0.1)
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for it in range(15):
    full = 0.5 + torch.randn(14, 8, 3)
    m = (torch.rand(14, 8, 3) > 0.4).float()
    y = full.mean((1, 2))
    loss = (net(full * m, m) - y).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
print("%.5f" % loss.item())
