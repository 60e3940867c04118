import torch
import torch.nn as nn

torch.manual_seed(43)


class ChunkEncoder(nn.Module):
    """Dual-path style. Long sequence -> chunks; inside each chunk one RNN (chunks are extra
    batch), across the chunks another (positions inside the chunk are extra batch)."""

    def __init__(self, d, h, size):
        super().__init__()
        self.size = size
        self.intra = nn.GRU(d, h, batch_first=True, bidirectional=True)
        self.intra_fc = nn.Linear(2 * h, d)
        self.inter = nn.GRU(d, h, batch_first=True, bidirectional=True)
        self.inter_fc = nn.Linear(2 * h, d)
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)

    def forward(self, x):
        n, length, f = x.shape
        k = length // self.size
        x = x.reshape(n, k, self.size, f)
        a, _ = self.intra(x.reshape(n * k, self.size, f))
        x = x + self.norm1(self.intra_fc(a).view(n, k, self.size, f))
        b = x.transpose(1, 2).reshape(n * self.size, k, f)
        b, _ = self.inter(b)
        b = self.inter_fc(b).view(n, self.size, k, f).transpose(1, 2)
        x = x + self.norm2(b)
        return x.reshape(n, length, f)


N, L, D = 6, 20, 4
net, head = ChunkEncoder(D, 6, 5), nn.Linear(D, 1)
opt = torch.optim.Adam([*net.parameters(), *head.parameters()], lr=0.01)
for it in range(15):
    x = torch.randn(N, L, D)
    y = x[..., :1].mean(1, keepdim=True) + x[..., 1:2]
    loss = (head(net(x)) - y).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 7 == 0:
        print(it, round(loss.item(), 4))
