import torch
from torch import nn

torch.manual_seed(4)


class Scorer(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(5, 11, batch_first=True, nonlinearity="relu")
        self.score = nn.Linear(11, 1)
        self.value = nn.Linear(11, 2)

    def forward(self, x, lengths):
        h = self.rnn(x)[0]
        mask = torch.arange(x.shape[1]).unsqueeze(0) >= lengths.unsqueeze(1)
        s = self.score(h).squeeze(-1)
        s[mask] = -1e9  # in-place assignment under the mask
        a = torch.softmax(s, dim=1)
        v = self.value(h)
        v[mask] = 0
        return (a.unsqueeze(1) @ v).squeeze(1)


net = Scorer()
opt = torch.optim.Adam(net.parameters(), 5e-3)
for k in range(20):
    lengths = torch.randint(1, 8, (12,))
    x = torch.randn(12, 7, 5)
    x[torch.arange(7)[None] >= lengths[:, None]] = 0
    y = torch.stack([x.sum((1, 2)) / lengths, x[:, 0, 0]], 1)
    loss = (net(x, lengths) - y).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
print(loss.item())
# alone and padded agree
net.eval()
with torch.no_grad():
    alone = net(x[:1, : lengths[0]], lengths[:1])
    together = net(x, lengths)[:1]
    print("max diff", float((alone - together).abs().max()) < 1e-5)
