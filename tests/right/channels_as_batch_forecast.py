import torch
import torch.nn as nn

torch.manual_seed(44)
# channel-independent forecaster: every variable is a series of its own (N * C batch)


class ChannelIndependent(nn.Module):
    def __init__(self, horizon, h=12):
        super().__init__()
        self.rnn = nn.GRU(1, h, batch_first=True)
        self.head = nn.Linear(h, horizon)

    def forward(self, x):  # (N, L, C)
        n, l, c = x.shape
        mu = x.mean(1, keepdim=True)
        sd = x.std(1, keepdim=True) + 1e-5  # instance normalisation, per sample and channel
        z = ((x - mu) / sd).permute(0, 2, 1).reshape(n * c, l, 1)
        _, h = self.rnn(z)
        y = self.head(h[-1]).view(n, c, -1).permute(0, 2, 1)
        return y * sd + mu


series = torch.stack(
    [torch.sin(torch.arange(200.0) / p) + 0.05 * torch.randn(200) for p in (3, 5, 7)], 1
)
W, Hz = 16, 4
train_end = 150
model = ChannelIndependent(Hz)
opt = torch.optim.Adam(model.parameters(), lr=0.01)
for it in range(25):
    s = torch.randint(0, train_end - W - Hz, (16,))
    x = torch.stack([series[i : i + W] for i in s])
    y = torch.stack([series[i + W : i + W + Hz] for i in s])
    loss = nn.functional.mse_loss(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
model.eval()
with torch.no_grad():
    s = torch.arange(train_end, 200 - W - Hz)
    x = torch.stack([series[i : i + W] for i in s])
    y = torch.stack([series[i + W : i + W + Hz] for i in s])
    print("train %.4f test %.4f" % (loss.item(), nn.functional.mse_loss(model(x), y).item()))
