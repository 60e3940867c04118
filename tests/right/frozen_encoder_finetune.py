import torch
import torch.nn as nn

torch.manual_seed(87)


class Enc(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(3, 16, batch_first=True)

    def forward(self, x):
        return self.rnn(x)[1].squeeze(0)


enc = Enc()
# 1. pretraining: next-frame prediction
nxt = nn.Linear(16, 3)
opt = torch.optim.Adam([*enc.parameters(), *nxt.parameters()], lr=0.01)
for _ in range(12):
    v = torch.randn(16, 1, 3)
    x = v * torch.arange(1.0, 9.0).view(1, 8, 1) * 0.2
    pre = nn.functional.mse_loss(nxt(enc(x[:, :-1])), x[:, -1])
    opt.zero_grad()
    pre.backward()
    opt.step()

# 2. the encoder is frozen on purpose, only the probe learns
for p in enc.parameters():
    p.requires_grad_(False)
enc.eval()
before = [p.clone() for p in enc.parameters()]
probe = nn.Linear(16, 2)
opt = torch.optim.SGD(probe.parameters(), lr=0.5)
for _ in range(20):
    v = torch.randn(32, 1, 3)
    x = v * torch.arange(1.0, 9.0).view(1, 8, 1) * 0.2
    with torch.no_grad():
        z = enc(x)
    loss = nn.functional.cross_entropy(probe(z), (v[:, 0, 0] > 0).long())
    opt.zero_grad()
    loss.backward()
    opt.step()
unchanged = all(torch.equal(a, b) for a, b in zip(before, enc.parameters()))
print("pre %.4f probe %.4f unchanged %s" % (pre.item(), loss.item(), unchanged))
