import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(71)


class Net(nn.Module):
    """Main: class of the whole sequence. Auxiliary: next frame, activation and temporal
    activation regularisation, and a deep supervision head on the first layer."""

    def __init__(self, d=3, h=12):
        super().__init__()
        self.l1 = nn.LSTM(d, h, batch_first=True)
        self.l2 = nn.LSTM(h, h, batch_first=True)
        self.main, self.deep, self.nxt = nn.Linear(h, 2), nn.Linear(h, 2), nn.Linear(h, d)

    def forward(self, x):
        a, _ = self.l1(x)
        b, (h, _) = self.l2(a)
        return self.main(h[0]), self.deep(a[:, -1]), self.nxt(b[:, :-1]), b


net = Net()
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for it in range(20):
    y = torch.randint(0, 2, (20,))
    drift = (y.float() - 0.5).view(-1, 1, 1)
    x = (
        torch.randn(20, 1, 3)
        + drift * torch.arange(9.0).view(1, -1, 1) * 0.3
        + 0.1 * torch.randn(20, 9, 3)
    )
    main, deep, nxt, act = net(x)
    l_main = F.cross_entropy(main, y)
    l_deep = F.cross_entropy(deep, y)
    l_next = F.mse_loss(nxt, x[:, 1:])
    l_ar = act.pow(2).mean()
    l_tar = (act[:, 1:] - act[:, :-1]).pow(2).mean()
    loss = l_main + 0.3 * l_deep + 0.1 * l_next + 0.01 * l_ar + 0.01 * l_tar
    opt.zero_grad()
    loss.backward()
    opt.step()
print("main %.4f deep %.4f next %.4f" % (l_main.item(), l_deep.item(), l_next.item()))
