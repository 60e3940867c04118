import torch
from torch import nn

torch.manual_seed(88)


class Tracker(nn.Module):
    """Returns everything a caller may want; the training uses the position only."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(2, 12, num_layers=2, batch_first=True)
        self.pos = nn.Linear(12, 2)

    def forward(self, x):
        out, (h, c) = self.rnn(x)
        return {
            "pos": self.pos(out),
            "features": out,
            "state": (h, c),
            "summary": out.mean(1),
            "energy": out.detach().pow(2).sum(-1),
        }


net = Tracker()
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for i in range(20):
    vel = 0.3 * torch.randn(10, 1, 2)
    clean = vel * torch.arange(10.0).view(1, -1, 1)
    res = net(clean + 0.1 * torch.randn_like(clean))
    loss = nn.functional.mse_loss(res["pos"], clean)
    opt.zero_grad()
    loss.backward()
    opt.step()
print(sorted(res), round(loss.item(), 4))
