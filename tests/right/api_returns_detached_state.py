# forward returns the detached state for whoever streams; training does not need it.
import torch
from torch import nn

torch.manual_seed(11)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru, self.fc = nn.GRU(3, 8, batch_first=True), nn.Linear(8, 2)

    def forward(self, x, state=None):
        y, state = self.gru(x, state)
        return self.fc(y[:, -1]), state.detach()


net = Net()
opt = torch.optim.Adam(net.parameters())
for _ in range(5):
    x, t = torch.randn(6, 9, 3), torch.randint(2, (6,))
    logits, state = net(x)
    loss = nn.functional.cross_entropy(logits, t)
    opt.zero_grad()
    loss.backward()
    opt.step()
net.eval()
state = None
with torch.no_grad():
    for chunk in torch.randn(1, 30, 3).split(5, 1):
        logits, state = net(chunk, state)
