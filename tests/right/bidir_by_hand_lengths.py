import torch
import torch.nn as nn

torch.manual_seed(84)


def reverse_padded(x, lens):
    """Reverses every sequence inside its own length; padding stays at the end."""
    pos = torch.arange(x.size(1)).unsqueeze(0)
    idx = torch.where(pos < lens.unsqueeze(1), lens.unsqueeze(1) - 1 - pos, pos)
    return x.gather(1, idx.unsqueeze(-1).expand_as(x))


class Bi(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.f = nn.LSTM(d, h, batch_first=True)
        self.b = nn.LSTM(d, h, batch_first=True)

    def forward(self, x, lens):
        y1, _ = self.f(x)
        y2, _ = self.b(reverse_padded(x, lens))
        return torch.cat([y1, reverse_padded(y2, lens)], -1)


net, fc = Bi(2, 9), nn.Linear(18, 1)
opt = torch.optim.Adam([*net.parameters(), *fc.parameters()], lr=0.01)
for it in range(15):
    lens = torch.randint(1, 9, (10,))
    m = torch.arange(8)[None] < lens[:, None]
    x = torch.randn(10, 8, 2) * m.unsqueeze(-1)
    y = x[..., 0] + x[..., 1].sum(1, keepdim=True)
    p = fc(net(x, lens)).squeeze(-1)
    loss = ((p - y) ** 2)[m].mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
net.eval()
with torch.no_grad():
    j = int(lens.argmin())
    alone = net(x[j : j + 1, : lens[j]], lens[j : j + 1])
    ok = torch.allclose(alone[0], net(x, lens)[j, : lens[j]], atol=1e-5)
print(round(loss.item(), 4), ok)
