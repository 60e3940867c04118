import torch
import torch.nn as nn

torch.manual_seed(114)
EOD, V, N, L = 0, 12, 6, 8


class LM(nn.Module):
    """Stateful LM; the state of a stream is zeroed where a document has ended."""

    def __init__(self):
        super().__init__()
        self.emb, self.cell, self.out = nn.Embedding(V, 8), nn.LSTMCell(8, 16), nn.Linear(16, V)

    def forward(self, x, h, c):
        ys = []
        for t in range(x.size(0)):
            h, c = self.cell(self.emb(x[t]), (h, c))
            ys.append(self.out(h))
            go_on = (x[t] != EOD).float().unsqueeze(1)
            h, c = h * go_on, c * go_on
        return torch.stack(ys), h, c


def stream(total):
    out = []
    while len(out) < total:
        s = int(torch.randint(1, V, ()))
        n = int(torch.randint(3, 9, ()))
        out += [(s - 1 + i) % (V - 1) + 1 for i in range(n)] + [EOD]
    return torch.tensor(out[:total])


data = torch.stack([stream(10 * L + 1) for _ in range(N)], dim=1)
lm = LM()
opt = torch.optim.Adam(lm.parameters(), lr=0.02)
h, c = torch.zeros(N, 16), torch.zeros(N, 16)
for i in range(10):
    x, y = data[i * L : (i + 1) * L], data[i * L + 1 : (i + 1) * L + 1]
    h, c = h.detach(), c.detach()
    logits, h, c = lm(x, h, c)
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), y.flatten())
    opt.zero_grad()
    loss.backward()
    opt.step()
    if i % 4 == 0:
        print(i, round(loss.item(), 4))
