import torch
import torch.nn as nn


class MyLSTM(nn.Module):
    """Gates in one matrix, batch first, forget bias one, optional state."""

    def __init__(self, d, h):
        super().__init__()
        self.x2g = nn.Linear(d, 4 * h)
        self.h2g = nn.Linear(h, 4 * h, bias=False)
        self.hidden = h
        with torch.no_grad():
            self.x2g.bias[h : 2 * h] = 1.0

    def forward(self, x, state=None):
        h, c = state if state is not None else (x.new_zeros(x.size(0), self.hidden),) * 2
        gates_x, ys = self.x2g(x), []
        for g in gates_x.unbind(1):
            i, f, o, u = (g + self.h2g(h)).chunk(4, dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(u)
            h = torch.sigmoid(o) * torch.tanh(c)
            ys.append(h)
        return torch.stack(ys, 1), (h, c)


torch.manual_seed(81)
net = nn.ModuleList([MyLSTM(1, 12), MyLSTM(12, 12), nn.Linear(12, 2)])
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for it in range(20):
    bits = torch.randint(0, 2, (16, 6))
    y, _ = net[0](bits.unsqueeze(-1).float())
    y, (h, _) = net[1](y)
    per_step = net[2](y)
    parity = bits.cumsum(1) % 2
    loss = nn.functional.cross_entropy(per_step.flatten(0, 1), parity.flatten())
    opt.zero_grad()
    loss.backward()
    opt.step()
# cutting the sequence in two and carrying the state gives the same
with torch.no_grad():
    x = torch.randn(3, 6, 1)
    whole, _ = net[0](x)
    a, s = net[0](x[:, :2])
    b, _ = net[0](x[:, 2:], s)
    print(round(loss.item(), 4), torch.allclose(whole, torch.cat([a, b], 1), atol=1e-6))
