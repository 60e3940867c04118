import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Windows(Dataset):
    """x = series[i : i+W], y = series[i+W : i+W+H]; the target starts after the window."""

    def __init__(self, series, w, h):
        self.s, self.w, self.h = series, w, h

    def __len__(self):
        return len(self.s) - self.w - self.h + 1

    def __getitem__(self, i):
        return self.s[i : i + self.w], self.s[i + self.w : i + self.w + self.h, 0]


class Forecaster(nn.Module):
    def __init__(self, n_feat, hid, horizon):
        super().__init__()
        self.lstm = nn.LSTM(n_feat, hid, batch_first=True)
        self.lin = nn.Linear(hid, horizon)

    def forward(self, x):
        out, _ = self.lstm(x)
        return self.lin(out[:, -1, :])


torch.manual_seed(66)
n = 160
t = torch.arange(float(n))
raw = torch.stack([torch.sin(t / 4) + 0.1 * torch.randn(n), torch.cos(t / 4)], 1)
cut = 120
mu, sd = raw[:cut].mean(0), raw[:cut].std(0)  # statistics of the training part only
z = (raw - mu) / sd
train = DataLoader(Windows(z[:cut], 12, 3), batch_size=32, shuffle=True)
test = DataLoader(Windows(z[cut:], 12, 3), batch_size=64)
net = Forecaster(2, 16, 3)
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(5):
    net.train()
    for x, y in train:
        opt.zero_grad()
        loss = nn.functional.mse_loss(net(x), y)
        loss.backward()
        opt.step()
net.eval()
with torch.no_grad():
    err = torch.cat([(net(x) - y).abs().mean(1) * sd[0] for x, y in test])
print(
    "last train mse %.4f test mae %.4f over %d windows" % (loss.item(), err.mean().item(), len(err))
)
