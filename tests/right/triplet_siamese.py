import torch
import torch.nn as nn

torch.manual_seed(63)


class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(2, 12, batch_first=True, bidirectional=True)

    def embed(self, x):
        out, _ = self.lstm(x)
        return nn.functional.normalize(out.mean(dim=1), dim=1)

    def forward(self, a, p, n):
        # the three branches as one batch, and apart again
        za, zp, zn = self.embed(torch.cat([a, p, n])).chunk(3)
        return za, zp, zn


def speaker(ids):
    w = 0.3 + 0.25 * ids.float().view(-1, 1)
    t = torch.arange(14.0) + 10 * torch.rand(len(ids), 1)
    return torch.stack([torch.sin(w * t), torch.cos(w * t)], -1) + 0.05 * torch.randn(
        len(ids), 14, 2
    )


net = Siamese()
crit = nn.TripletMarginLoss(margin=0.5)
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for it in range(20):
    ids = torch.randint(0, 5, (16,))
    other = (ids + torch.randint(1, 5, (16,))) % 5
    loss = crit(*net(speaker(ids), speaker(ids), speaker(other)))
    opt.zero_grad()
    loss.backward()
    opt.step()
print("%.4f" % loss.item())
