"""WGAN-GP, recurrent generator and critic; the critic's input gradient is differentiated again."""

import torch
from torch import autograd, nn

torch.manual_seed(72)
T, N, Z, H = 8, 12, 2, 12


class G(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn, self.out = nn.GRU(Z, H), nn.Linear(H, 1)

    def forward(self, z):
        return self.out(self.rnn(z)[0])


class D(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn, self.out = nn.GRU(1, H), nn.Linear(H, 1)

    def forward(self, x):
        return self.out(self.rnn(x)[0].mean(0)).squeeze(-1)


def penalty(d, real, fake):
    eps = torch.rand(1, real.size(1), 1)
    mix = (eps * real + (1 - eps) * fake).requires_grad_(True)
    (grad,) = autograd.grad(d(mix).sum(), mix, create_graph=True)
    return ((grad.transpose(0, 1).flatten(1).norm(2, dim=1) - 1) ** 2).mean()


g, d = G(), D()
opt_g = torch.optim.Adam(g.parameters(), lr=2e-3, betas=(0.5, 0.9))
opt_d = torch.optim.Adam(d.parameters(), lr=2e-3, betas=(0.5, 0.9))
for it in range(8):
    for _ in range(2):
        real = torch.sin(torch.arange(T).view(T, 1, 1) + 6 * torch.rand(1, N, 1))
        with torch.no_grad():
            fake = g(torch.randn(T, N, Z))
        gp = penalty(d, real, fake)
        loss_d = d(fake).mean() - d(real).mean() + 10 * gp
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
    d.requires_grad_(False)
    loss_g = -d(g(torch.randn(T, N, Z))).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    d.requires_grad_(True)
print("d %.4f g %.4f gp %.4f" % (loss_d.item(), loss_g.item(), gp.item()))
