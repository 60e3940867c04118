import torch
import torch.nn as nn

torch.manual_seed(106)


class Pointer(nn.Module):
    """Sorting by pointing: at each step a distribution over the inputs not yet taken."""

    def __init__(self, h=14):
        super().__init__()
        self.enc = nn.LSTM(1, h, batch_first=True)
        self.cell = nn.LSTMCell(1, h)
        self.w1, self.w2, self.v = (
            nn.Linear(h, h, False),
            nn.Linear(h, h, False),
            nn.Linear(h, 1, False),
        )
        self.start = nn.Parameter(torch.zeros(1, 1))

    def forward(self, x, order=None):
        n, L, _ = x.shape
        mem, (h, c) = self.enc(x)
        h, c = h[0], c[0]
        inp, taken, logps, picks = (
            self.start.expand(n, 1),
            torch.zeros(n, L, dtype=torch.bool),
            [],
            [],
        )
        for t in range(L):
            h, c = self.cell(inp, (h, c))
            u = self.v(torch.tanh(self.w1(mem) + self.w2(h).unsqueeze(1))).squeeze(-1)
            lp = u.masked_fill(taken, -1e9).log_softmax(-1)
            pick = lp.argmax(-1) if order is None else order[:, t]
            taken = taken.scatter(1, pick.unsqueeze(1), True)
            inp = x[torch.arange(n), pick]
            logps.append(lp)
            picks.append(pick)
        return torch.stack(logps, 1), torch.stack(picks, 1)


net = Pointer()
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for it in range(15):
    x = torch.rand(16, 5, 1)
    order = x.squeeze(-1).argsort(1)
    logp, _ = net(x, order)
    loss = nn.functional.nll_loss(logp.flatten(0, 1), order.flatten())
    opt.zero_grad()
    loss.backward()
    opt.step()
net.eval()
with torch.no_grad():
    _, picks = net(x)
print("%.4f" % loss.item(), (picks.sort(1)[0] == torch.arange(5)).all().item())
