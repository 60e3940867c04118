# The decoder sees the encoder by attention alone and starts from zeros; the state is dropped on purpose.
import torch
from torch import nn

torch.manual_seed(5)


class Net(nn.Module):
    def __init__(self, d=12):
        super().__init__()
        self.enc = nn.GRU(4, d, batch_first=True)
        self.dec = nn.GRU(4, d, batch_first=True)
        self.fc = nn.Linear(2 * d, 4)

    def forward(self, x, y):
        mem, h = self.enc(x)
        q, _ = self.dec(y)
        ctx = torch.bmm((q @ mem.transpose(1, 2)).softmax(-1), mem)
        return self.fc(torch.cat([q, ctx], -1))


net = Net()
opt = torch.optim.Adam(net.parameters())
for _ in range(4):
    x, y = torch.randn(5, 6, 4), torch.randn(5, 7, 4)
    loss = (net(x, y[:, :-1]) - y[:, 1:]).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
