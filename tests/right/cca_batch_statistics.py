# Two views, correlation of their codes over the batch (deep CCA like): batch statistics in the loss.
import torch
from torch import nn

torch.manual_seed(64)


class View(nn.Module):
    def __init__(self, d, k=2):
        super().__init__()
        self.rnn, self.lin = nn.RNN(d, 10), nn.Linear(10, k)

    def forward(self, x):
        y, _ = self.rnn(x)
        return self.lin(y[-1])


def inv_sqrt(m):
    w, v = torch.linalg.eigh(m)
    return v @ torch.diag(w.clamp(min=1e-6).rsqrt()) @ v.t()


def neg_corr(a, b, eps=1e-2):
    a, b = a - a.mean(0), b - b.mean(0)
    n, k = a.shape
    saa = a.t() @ a / (n - 1) + eps * torch.eye(k)
    sbb = b.t() @ b / (n - 1) + eps * torch.eye(k)
    sab = a.t() @ b / (n - 1)
    t = inv_sqrt(saa) @ sab @ inv_sqrt(sbb)
    return -torch.linalg.svdvals(t).sum()


f, g = View(3), View(4)
opt = torch.optim.Adam([*f.parameters(), *g.parameters()], lr=5e-3)
for it in range(20):
    shared = torch.randn(1, 40, 2)
    x = torch.cat([shared + 0.5 * torch.randn(6, 40, 2), torch.randn(6, 40, 1)], -1)
    y = torch.cat([torch.randn(6, 40, 2), shared + 0.5 * torch.randn(6, 40, 2)], -1)
    loss = neg_corr(f(x), g(y))
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 6 == 0:
        print(it, "corr %.3f" % -loss.item())
