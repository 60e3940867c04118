import torch
import torch.nn as nn

torch.manual_seed(120)


class OneSeries(nn.Module):
    """Takes one series (L, F), puts a batch axis of one around it and takes it off again."""

    def __init__(self, f, h):
        super().__init__()
        self.f = f
        self.gru = nn.GRU(f, h)
        self.lstm = nn.LSTM(h, h, batch_first=True)
        self.fc = nn.Linear(h, 1)

    def forward(self, s):
        a, _ = self.gru(s.view(-1, 1, self.f))  # (L, 1, F): one sequence
        b, _ = self.lstm(a.squeeze(1).unsqueeze(0))  # (1, L, h)
        return self.fc(b.squeeze(0)).squeeze(-1)  # (L,)


net = OneSeries(2, 10)
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for it in range(25):
    n = int(torch.randint(6, 14, (1,)))
    s = torch.randn(n, 2)
    y = s[:, 0].cumsum(0) / torch.arange(1, n + 1)
    loss = (net(s) - y).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
print(tuple(net(s).shape) == (n,), round(loss.item(), 4))
