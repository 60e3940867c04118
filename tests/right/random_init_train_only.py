# The initial state is noisy while training (a regulariser), and zero in evaluation.
import torch
import torch.nn as nn

torch.manual_seed(86)


class NoisyStart(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(1, 12)
        self.fc = nn.Linear(12, 1)

    def forward(self, x):
        shape = (1, x.size(1), 12)
        if self.training:
            h0 = 0.1 * torch.randn(shape)
        else:
            h0 = torch.zeros(shape)
        y, _ = self.gru(x, h0)
        return self.fc(y)


m = NoisyStart()
o = torch.optim.Adam(m.parameters(), lr=0.01)
for k in range(25):
    w = 0.3 + 0.4 * torch.rand(1, 10, 1)
    s = torch.sin(w * torch.arange(16.0).view(-1, 1, 1))
    loss = (m(s[:-1]) - s[1:]).pow(2)[3:].mean()  # the first steps warm up
    o.zero_grad()
    loss.backward()
    o.step()
m.eval()
with torch.no_grad():
    same = torch.equal(m(s), m(s))
print(round(loss.item(), 5), same)
