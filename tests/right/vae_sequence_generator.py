import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(54)
noise = torch.Generator().manual_seed(99)  # the noise has its own stream


class SeqVAE(nn.Module):
    def __init__(self, d=2, h=16, z=4):
        super().__init__()
        self.enc = nn.GRU(d, h, bidirectional=True)
        self.mu, self.logvar = nn.Linear(2 * h, z), nn.Linear(2 * h, z)
        self.z2h = nn.Linear(z, h)
        self.dec = nn.GRU(d, h)
        self.out = nn.Linear(h, d)

    def forward(self, x):
        _, hn = self.enc(x)
        s = torch.cat([hn[0], hn[1]], -1)
        mu, lv = self.mu(s), self.logvar(s)
        eps = torch.randn(mu.shape, generator=noise)
        z = mu + eps * (0.5 * lv).exp()
        h0 = torch.tanh(self.z2h(z)).unsqueeze(0)
        prev = torch.cat([torch.zeros_like(x[:1]), x[:-1]])  # shifted by one
        prev = F.dropout(prev, 0.3, self.training)
        y, _ = self.dec(prev, h0)
        return self.out(y), mu, lv


vae = SeqVAE()
opt = torch.optim.Adam(vae.parameters(), lr=5e-3)
t = torch.linspace(0, 4, 10).view(-1, 1)
for step in range(20):
    a = torch.rand(14) * 6
    x = torch.stack([torch.sin(t + a), torch.cos(t + a)], -1)  # (T, N, 2)
    rec, mu, lv = vae(x)
    recon = (rec - x).pow(2).sum((0, 2)).mean()
    kl = -0.5 * (1 + lv - mu.pow(2) - lv.exp()).sum(1).mean()
    beta = min(1.0, step / 10)
    loss = recon + 0.1 * beta * kl
    opt.zero_grad()
    loss.backward()
    opt.step()
print("recon %.3f kl %.3f" % (recon.item(), kl.item()))


@torch.no_grad()
def generate(n, steps=10):
    h = torch.tanh(vae.z2h(torch.randn(n, 4, generator=noise))).unsqueeze(0)
    y, outs = torch.zeros(1, n, 2), []
    for _ in range(steps):
        o, h = vae.dec(y, h)
        y = vae.out(o)
        outs.append(y)
    return torch.cat(outs)


vae.eval()
print(tuple(generate(3).shape))
