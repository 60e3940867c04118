import torch
import torch.nn as nn

torch.manual_seed(65)


class BNRNN(nn.Module):
    """Deep-Speech-like: BatchNorm1d over features before, between and after; T*N rows as batch."""

    def __init__(self, d, h, classes):
        super().__init__()
        self.bn_in = nn.BatchNorm1d(d)
        self.rnn1 = nn.GRU(d, h, bidirectional=True)
        self.bn_mid = nn.BatchNorm1d(h)
        self.rnn2 = nn.GRU(h, h, bidirectional=True)
        self.bn_out = nn.BatchNorm1d(h)
        self.fc = nn.Linear(h, classes)

    @staticmethod
    def seqwise(m, x):
        t, n, f = x.shape
        return m(x.reshape(t * n, f)).view(t, n, -1)

    @staticmethod
    def add_dirs(y):
        return y.view(y.size(0), y.size(1), 2, -1).sum(2)

    def forward(self, x):
        x = self.bn_in(x.transpose(1, 2)).permute(2, 0, 1)  # (N, T, D) -> (T, N, D)
        x = self.add_dirs(self.rnn1(x)[0])
        x = self.add_dirs(self.rnn2(self.seqwise(self.bn_mid, x))[0])
        return self.seqwise(self.fc, self.seqwise(self.bn_out, x)).transpose(0, 1)


net = BNRNN(5, 8, 3)
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True)
for it in range(15):
    x = 10 + 3 * torch.randn(12, 9, 5)
    y = x[..., :3].argmax(-1)
    logits = net(x)
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), y.flatten())
    opt.zero_grad()
    loss.backward()
    opt.step()
net.eval()
with torch.no_grad():
    x = 10 + 3 * torch.randn(20, 9, 5)
    acc = (net(x).argmax(-1) == x[..., :3].argmax(-1)).float().mean()
print(round(loss.item(), 4), round(acc.item(), 3))
