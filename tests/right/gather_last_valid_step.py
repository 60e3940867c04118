# last valid output picked with gather, one variant per layout
import torch
import torch.nn as nn

torch.manual_seed(5)


def last_batch_first(out, lengths):
    idx = (lengths - 1).view(-1, 1, 1).expand(-1, 1, out.size(2))
    return out.gather(1, idx).squeeze(1)


def last_time_first(out, lengths):
    return out[lengths - 1, torch.arange(out.size(1))]


class A(nn.Module):
    def __init__(self):
        super().__init__()
        self.g1 = nn.GRU(3, 8, batch_first=True)
        self.g2 = nn.LSTM(3, 8)
        self.fc = nn.Linear(16, 1)

    def forward(self, x, lengths):
        a, _ = self.g1(x)
        b, _ = self.g2(x.transpose(0, 1))
        return self.fc(torch.cat([last_batch_first(a, lengths), last_time_first(b, lengths)], -1))


m = A()
opt = torch.optim.Adam(m.parameters(), lr=1e-2)
hist = []
for _ in range(25):
    lengths = torch.randint(2, 11, (16,))
    x = torch.randn(16, 10, 3)
    keep = torch.arange(10)[None, :, None] < lengths[:, None, None]
    x = torch.where(keep, x, torch.zeros(()))
    y = x[torch.arange(16), lengths - 1, :1]  # value at the last real step
    loss = torch.nn.functional.smooth_l1_loss(m(x, lengths), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append(loss.item())
print("%.4f -> %.4f" % (hist[0], hist[-1]))
