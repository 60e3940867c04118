import torch
import torch.nn as nn

torch.manual_seed(96)
S = 8  # batch == length == input == hidden


class Same(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.LSTM(S, S, batch_first=True)
        self.b = nn.GRU(S, S)
        self.fc = nn.Linear(S, S)

    def forward(self, x):  # (N, L, S)
        y, (h, c) = self.a(x)
        z, g = self.b(y.transpose(0, 1))  # (L, N, S)
        return self.fc(z.transpose(0, 1)), h[-1] + g[-1]


net = Same()
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for i in range(20):
    x = torch.randn(S, S, S)
    step, last = net(x)
    loss = (step[:, 1:] - x[:, :-1]).pow(2).mean() + (last.mean(1) - x[:, -1].mean(1)).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
print("%.5f" % loss.item())
