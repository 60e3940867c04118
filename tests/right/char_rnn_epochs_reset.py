# Stateful char-rnn: state carried over contiguous windows, zeros at each epoch; text repeats itself.
import torch
from torch import nn

torch.manual_seed(0)
text = "hello world, this is a text. " * 12
chars = sorted(set(text))
data = torch.tensor([chars.index(c) for c in text])
B, T = 3, 10
n = len(data) // B * B
rows = data[:n].view(B, -1)
emb, gru, out = (
    nn.Embedding(len(chars), 12),
    nn.GRU(12, 20, batch_first=True),
    nn.Linear(20, len(chars)),
)
opt = torch.optim.Adam([*emb.parameters(), *gru.parameters(), *out.parameters()], 3e-3)
for epoch in range(3):
    h = torch.zeros(1, B, 20)
    for k in range(0, rows.size(1) - 1 - T, T):
        x, y = rows[:, k : k + T], rows[:, k + 1 : k + T + 1]
        o, h = gru(emb(x), h.detach())
        loss = nn.functional.cross_entropy(out(o).reshape(-1, len(chars)), y.reshape(-1))
        opt.zero_grad()
        loss.backward()
        opt.step()
print(loss.item())
