import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(62)


class Tower(nn.Module):
    def __init__(self, d, h=12, out=8):
        super().__init__()
        self.rnn = nn.GRU(d, h, batch_first=True)
        self.proj = nn.Linear(h, out)

    def forward(self, x):
        return F.normalize(self.proj(self.rnn(x)[1][-1]), dim=-1)


# InfoNCE: the other samples of the batch are the negatives (so the loss mixes the batch)
a, b = Tower(3), Tower(2)
log_temp = nn.Parameter(torch.tensor(2.0))
opt = torch.optim.Adam([*a.parameters(), *b.parameters(), log_temp], lr=0.01)
for step in range(20):
    base = torch.randn(16, 1, 3)
    x = base + 0.2 * torch.randn(16, 7, 3)
    z = base[..., :2] + 0.2 * torch.randn(16, 5, 2)
    sim = a(x) @ b(z).t() * log_temp.exp()
    labels = torch.arange(16)
    loss = (F.cross_entropy(sim, labels) + F.cross_entropy(sim.t(), labels)) / 2
    opt.zero_grad()
    loss.backward()
    opt.step()
print("loss", round(loss.item(), 4), "top1", (sim.argmax(1) == labels).float().mean().item())
