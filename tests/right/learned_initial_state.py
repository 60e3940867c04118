import torch
import torch.nn as nn

torch.manual_seed(85)


class LearnedInit(nn.Module):
    def __init__(self, d, h, layers):
        super().__init__()
        self.h0 = nn.Parameter(torch.zeros(layers, 1, h))
        self.c0 = nn.Parameter(0.01 * torch.randn(layers, 1, h))
        self.rnn = nn.LSTM(d, h, layers, batch_first=True)
        self.fc = nn.Linear(h, d)

    def forward(self, x):
        n = x.size(0)
        h0 = self.h0.expand(-1, n, -1).contiguous()
        c0 = self.c0.repeat(1, n, 1)
        y, _ = self.rnn(x, (h0, c0))
        return self.fc(y)


net = LearnedInit(2, 8, 2)
opt = torch.optim.Adam(net.parameters(), lr=0.02)
for it in range(20):
    x = torch.randn(9, 6, 2)
    target = torch.cat([torch.ones(9, 1, 2), x[:, :-1]], 1)  # the first output is a constant
    loss = nn.functional.mse_loss(net(x), target)
    opt.zero_grad()
    loss.backward()
    opt.step()
print("%.4f" % loss.item(), "|h0| %.3f" % net.h0.norm().item())
