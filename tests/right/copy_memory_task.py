import torch
import torch.nn as nn

torch.manual_seed(23)
K, S, DELAY = 5, 3, 4  # symbols, length to remember, blank steps


def copy_batch(n):
    """inputs: s symbols, blanks, a marker, then blanks; targets: blanks, then the symbols."""
    sym = torch.randint(1, K + 1, (n, S))
    total = S + DELAY + 1 + S
    x = torch.zeros(n, total, dtype=torch.long)
    y = torch.zeros(n, total, dtype=torch.long)
    x[:, :S] = sym
    x[:, S + DELAY] = K + 1
    y[:, -S:] = sym
    return x, y


class Copier(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(K + 2, 24, batch_first=True)
        self.fc = nn.Linear(24, K + 1)

    def forward(self, x):
        onehot = nn.functional.one_hot(x, K + 2).float()
        return self.fc(self.rnn(onehot)[0])


m = Copier()
opt = torch.optim.RMSprop(m.parameters(), lr=3e-3)
for it in range(30):
    x, y = copy_batch(20)
    logits = m(x)
    loss = nn.functional.cross_entropy(logits.transpose(1, 2), y)  # (N, C, L)
    opt.zero_grad()
    loss.backward()
    opt.step()
m.eval()
with torch.no_grad():
    x, y = copy_batch(50)
    acc = (m(x).argmax(-1)[:, -S:] == y[:, -S:]).float().mean()
print(round(loss.item(), 4), round(acc.item(), 3))
