"""DeepAR-like: Gaussian output, forecasts by sampling, batch * samples rows at prediction."""

import torch
import torch.nn as nn
from torch.distributions import Normal

torch.manual_seed(68)


class DeepAR(nn.Module):
    def __init__(self, n_series, h=14):
        super().__init__()
        self.emb = nn.Embedding(n_series, 3)
        self.rnn = nn.LSTM(1 + 3, h, num_layers=2, dropout=0.1)
        self.mu, self.sig = nn.Linear(h, 1), nn.Linear(h, 1)

    def step(self, z, item, state=None):
        e = self.emb(item).unsqueeze(0).expand(z.size(0), -1, -1)
        y, state = self.rnn(torch.cat([z, e], -1), state)
        return Normal(self.mu(y), nn.functional.softplus(self.sig(y)) + 1e-3), state

    @torch.no_grad()
    def forecast(self, z, item, horizon, n_samples):
        scale = z.abs().mean(0, keepdim=True) + 1.0
        dist, (h, c) = self.step(z / scale, item)
        n = z.size(1)
        h, c = h.repeat_interleave(n_samples, dim=1), c.repeat_interleave(n_samples, dim=1)
        item = item.repeat_interleave(n_samples)
        mean, sd = (p[-1:].repeat_interleave(n_samples, dim=1) for p in (dist.loc, dist.scale))
        cur = Normal(mean, sd).sample()
        path = [cur]
        for _ in range(horizon - 1):
            dist, (h, c) = self.step(cur, item, (h, c))
            cur = dist.sample()
            path.append(cur)
        return torch.cat(path).view(horizon, n, n_samples) * scale.view(1, n, 1)


item = torch.arange(6)
series = torch.stack(
    [5 * (i + 1) + torch.sin(torch.arange(60.0) / (2 + i)) * (i + 1) for i in range(6)], 1
).unsqueeze(-1)
model = DeepAR(6)
opt = torch.optim.Adam(model.parameters(), lr=0.01)
for it in range(20):
    s = int(torch.randint(0, 30, ()))
    w = series[s : s + 21]
    w = w / (w[:-1].abs().mean(0, keepdim=True) + 1.0)
    dist, _ = model.step(w[:-1], item)
    loss = -dist.log_prob(w[1:]).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
model.eval()
paths = model.forecast(series[30:50], item, 5, n_samples=20)
q = paths.quantile(torch.tensor([0.1, 0.5, 0.9]), dim=2)
print("nll %.3f" % loss.item(), tuple(q.shape))
