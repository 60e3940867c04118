import torch
import torch.nn as nn

torch.manual_seed(105)


class CNNRNN(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.cnn = nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()
        )
        self.rnn = nn.LSTM(4 * 4 * 4, 12, batch_first=True)
        self.fc = nn.Linear(12, classes)

    def forward(self, v):
        n, t = v.shape[:2]
        f = self.cnn(v.flatten(0, 1)).unflatten(0, (n, t))  # frames as extra batch for the CNN only
        y, _ = self.rnn(f)
        return self.fc(y[:, -1])


def clips(n, t=5):
    """a dot moves left or right"""
    label = torch.randint(0, 2, (n,))
    row = torch.randint(0, 8, (n,))
    v = torch.zeros(n, t, 1, 8, 8)
    for k in range(t):
        col = torch.where(label == 1, k + 1, 6 - k)
        v[torch.arange(n), k, 0, row, col] = 1.0
    return v + 0.05 * torch.randn_like(v), label


net = CNNRNN(2)
opt = torch.optim.Adam(net.parameters(), lr=0.02)
for it in range(25):
    v, y = clips(12)
    loss = nn.functional.cross_entropy(net(v), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
net.eval()
with torch.no_grad():
    v, y = clips(30)
    print(round(loss.item(), 4), (net(v).argmax(1) == y).float().mean().item())
