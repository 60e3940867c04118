# Tabular rows: the columns are run one after the other, as an autoregressive density model.
import torch
from torch import nn

torch.manual_seed(124)


class ColumnModel(nn.Module):
    def __init__(self, n_cols, k, h=16):
        super().__init__()
        self.val, self.col = nn.Embedding(k, 6), nn.Embedding(n_cols, 6)
        self.start = nn.Parameter(torch.zeros(1, 1, 6))
        self.rnn = nn.GRU(6, h, batch_first=True)
        self.fc = nn.Linear(h, k)
        self.n_cols = n_cols

    def forward(self, rows):  # (N, columns) of categories
        prev = torch.cat([self.start.expand(len(rows), 1, 6), self.val(rows[:, :-1])], 1)
        y, _ = self.rnn(prev + self.col.weight)
        return self.fc(y)

    @torch.no_grad()
    def draw(self, n):
        rows = torch.zeros(n, 0, dtype=torch.long)
        for j in range(self.n_cols):
            filler = torch.zeros(
                n, self.n_cols - j, dtype=torch.long
            )  # not yet drawn, never looked at
            p = self(torch.cat([rows, filler], 1))[:, j].softmax(-1)
            rows = torch.cat([rows, torch.multinomial(p, 1)], 1)
        return rows


def table(n):
    a = torch.randint(0, 3, (n,))
    b = (a + (torch.rand(n) < 0.1).long()) % 3
    return torch.stack([a, b, (a + b) % 3, torch.randint(0, 3, (n,))], 1)


m = ColumnModel(4, 3)
opt = torch.optim.Adam(m.parameters(), lr=0.02)
for it in range(20):
    rows = table(32)
    loss = nn.functional.cross_entropy(m(rows).transpose(1, 2), rows)
    opt.zero_grad()
    loss.backward()
    opt.step()
d = m.draw(40)
print(round(loss.item(), 4), (d[:, 2] == (d[:, 0] + d[:, 1]) % 3).float().mean().item())
