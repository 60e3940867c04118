import torch
import torch.nn as nn

torch.manual_seed(28)
corpus = "hello world. hello moon. hello sun. " * 8
itos = sorted(set(corpus))
ids = torch.tensor([itos.index(c) for c in corpus])
V = len(itos)

emb, rnn, dec = nn.Embedding(V, 8), nn.GRU(8, 32, batch_first=True), nn.Linear(32, V)
params = list(emb.parameters()) + list(rnn.parameters()) + list(dec.parameters())
opt = torch.optim.Adam(params, lr=0.01)

SEQ = 20
for step in range(25):
    starts = torch.randint(0, len(ids) - SEQ - 1, (12,))
    win = torch.stack([ids[s : s + SEQ + 1] for s in starts])
    x, y = win[:, :-1], win[:, 1:]
    h, _ = rnn(emb(x))
    loss = nn.functional.cross_entropy(dec(h).reshape(-1, V), y.reshape(-1))
    opt.zero_grad()
    loss.backward()
    opt.step()


@torch.no_grad()
def sample(prefix, n, temperature=0.8):
    x = torch.tensor([[itos.index(c) for c in prefix]])
    y, state = rnn(emb(x))
    chars = list(prefix)
    for _ in range(n):
        p = torch.softmax(dec(y[:, -1]) / temperature, dim=-1)
        nxt = torch.multinomial(p, 1)  # (1, 1)
        chars.append(itos[nxt.item()])
        y, state = rnn(emb(nxt), state)
    return "".join(chars)


out = sample("hel", 15)
print(round(loss.item(), 3), len(out))
