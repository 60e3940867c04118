import torch
import torch.nn as nn

torch.manual_seed(104)


class ReNetLayer(nn.Module):
    """Sweeps an image with RNNs: rows are batch while columns are steps, and the other way."""

    def __init__(self, c, h):
        super().__init__()
        self.vert = nn.GRU(c, h, bidirectional=True, batch_first=True)
        self.hori = nn.GRU(2 * h, h, bidirectional=True, batch_first=True)

    def forward(self, x):  # (N, C, Y, X)
        n, c, hy, wx = x.shape
        v = x.permute(0, 3, 2, 1).reshape(n * wx, hy, c)
        v, _ = self.vert(v)
        v = v.reshape(n, wx, hy, -1).transpose(1, 2)  # (N, Y, X, 2h)
        r, _ = self.hori(v.reshape(n * hy, wx, -1))
        return r.reshape(n, hy, wx, -1).permute(0, 3, 1, 2)


net = nn.Sequential(ReNetLayer(1, 5), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(10, 2))
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for i in range(18):
    y = torch.randint(0, 2, (12,))
    img = 0.2 * torch.randn(12, 1, 6, 7)
    k = torch.randint(0, 6, (12,))
    for j in range(12):
        if y[j] == 0:
            img[j, 0, k[j], :] += 1  # a horizontal bar
        else:
            img[j, 0, :, k[j]] += 1  # a vertical one
    loss = nn.functional.cross_entropy(net(img), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
print(round(loss.item(), 4))
