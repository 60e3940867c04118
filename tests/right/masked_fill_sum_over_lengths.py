import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(3)


class Encoder(nn.Module):
    def __init__(self, feat, hid):
        super().__init__()
        self.rnn = nn.GRU(feat, hid, num_layers=2)
        self.proj = nn.Linear(hid, hid)

    def forward(self, x, lens):
        # x: (L, N, F), right padded with zeros
        L, N, _ = x.shape
        out, _ = self.rnn(x)
        out = torch.tanh(self.proj(out))
        pad = torch.arange(L).unsqueeze(1) >= lens.unsqueeze(0)  # (L, N)
        out = out.masked_fill(pad.unsqueeze(-1), 0.0)
        return out.sum(0) / lens.unsqueeze(1).float()


enc, clf = Encoder(3, 14), nn.Linear(14, 4)
opt = torch.optim.SGD(list(enc.parameters()) + list(clf.parameters()), lr=0.3, momentum=0.9)


def data(n):
    lens = torch.randint(3, 9, (n,))
    y = torch.randint(0, 4, (n,))
    x = torch.randn(8, n, 3) * 0.3
    x[:, :, 0] += (y % 2).float() * 2 - 1
    x[:, :, 1] += (y // 2).float() * 2 - 1
    for i, l in enumerate(lens.tolist()):
        x[l:, i] = 0.0
    return x, lens, y


for epoch in range(20):
    x, lens, y = data(32)
    opt.zero_grad()
    loss = F.cross_entropy(clf(enc(x, lens)), y)
    loss.backward()
    opt.step()
enc.eval()
with torch.no_grad():
    x, lens, y = data(100)
    print(
        "loss %.3f acc %.2f"
        % (loss.item(), (clf(enc(x, lens)).argmax(1) == y).float().mean().item())
    )
