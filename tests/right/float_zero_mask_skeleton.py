import torch
import torch.nn as nn

torch.manual_seed(126)
# Frames that are all zero are padding (at the end); the mask is read off the data, and a
# cumulative state freeze keeps the last real state: h = m * h_new + (1 - m) * h_old


class MaskedGRU(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.cell = nn.GRUCell(d, h)
        self.fc = nn.Linear(h, 4)

    def forward(self, x):
        real = (x != 0).any(-1, keepdim=True).float()  # (T, N, 1)
        h = x.new_zeros(x.size(1), self.cell.hidden_size)
        for xt, m in zip(x, real):
            h = m * self.cell(xt, h) + (1 - m) * h
        return self.fc(h)


net = MaskedGRU(6, 14)
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for it in range(20):
    y = torch.randint(0, 4, (16,))
    x = 0.7 * torch.randn(10, 16, 6)
    x[:, torch.arange(16), y] += 1
    lens = torch.randint(2, 11, (16,))
    x[torch.arange(10).unsqueeze(1) >= lens] = 0
    loss = nn.functional.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
with torch.no_grad():
    short = net(x[: lens[0], :1])
    print(round(loss.item(), 4), torch.allclose(short, net(x)[:1], atol=1e-5))
