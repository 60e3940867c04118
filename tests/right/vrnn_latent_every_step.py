import torch
import torch.nn as nn
from torch.distributions import Normal, kl_divergence

torch.manual_seed(55)


class VRNN(nn.Module):
    """A latent per step; the noise is drawn per step, in training and in sampling."""

    def __init__(self, x=1, h=10, z=3):
        super().__init__()
        self.prior = nn.Linear(h, 2 * z)
        self.post = nn.Linear(h + x, 2 * z)
        self.emit = nn.Linear(h + z, x)
        self.cell = nn.GRUCell(x + z, h)
        self.h = h

    @staticmethod
    def gauss(p):
        m, s = p.chunk(2, -1)
        return Normal(m, nn.functional.softplus(s) + 1e-3)

    def elbo(self, xs):
        h = xs.new_zeros(xs.size(1), self.h)
        nll = kl = 0.0
        for x in xs:
            prior, post = self.gauss(self.prior(h)), self.gauss(self.post(torch.cat([h, x], 1)))
            z = post.rsample()
            mean = self.emit(torch.cat([h, z], 1))
            nll = nll - Normal(mean, 0.3).log_prob(x).sum(1).mean()
            kl = kl + kl_divergence(post, prior).sum(1).mean()
            h = self.cell(torch.cat([x, z], 1), h)
        return (nll + kl) / len(xs)

    @torch.no_grad()
    def sample(self, n, steps):
        h, out = torch.zeros(n, self.h), []
        for _ in range(steps):
            z = self.gauss(self.prior(h)).sample()
            x = self.emit(torch.cat([h, z], 1))
            h = self.cell(torch.cat([x, z], 1), h)
            out.append(x)
        return torch.stack(out)


m = VRNN()
opt = torch.optim.Adam(m.parameters(), lr=0.01)
for i in range(15):
    xs = torch.sin(torch.arange(8.0).view(8, 1, 1) * 0.7 + 6 * torch.rand(1, 12, 1))
    loss = m.elbo(xs)
    opt.zero_grad()
    loss.backward()
    opt.step()
print(f"-elbo {loss.item():.4f}", m.sample(4, 5).shape[0])
