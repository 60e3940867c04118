"""Char LM, one long text cut into N contiguous streams; the state goes on over the chunks."""

import torch
import torch.nn as nn

torch.manual_seed(27)
text = "the quick brown fox jumps over the lazy dog and the dog sleeps on. " * 12
chars = sorted(set(text))
stoi = {c: i for i, c in enumerate(chars)}
data = torch.tensor([stoi[c] for c in text])


def batchify(d, bsz):
    n = d.size(0) // bsz
    return d[: n * bsz].view(bsz, n).t().contiguous()  # (n, bsz), streams are columns


class CharLM(nn.Module):
    def __init__(self, v, e=10, h=24, layers=2):
        super().__init__()
        self.emb = nn.Embedding(v, e)
        self.rnn = nn.LSTM(e, h, layers, dropout=0.1)
        self.dec = nn.Linear(h, v)

    def forward(self, x, state):
        y, state = self.rnn(self.emb(x), state)
        return self.dec(y), state

    def init_state(self, bsz):
        w = self.dec.weight
        z = w.new_zeros(self.rnn.num_layers, bsz, self.rnn.hidden_size)
        return z, z.clone()


def repackage(state):
    return tuple(s.detach() for s in state)


bsz, bptt = 8, 12
src = batchify(data, bsz)
model = CharLM(len(chars))
opt = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(2):
    state = model.init_state(bsz)
    total, count = 0.0, 0
    for i in range(0, src.size(0) - 1, bptt):
        n = min(bptt, src.size(0) - 1 - i)
        x, y = src[i : i + n], src[i + 1 : i + 1 + n]
        state = repackage(state)
        logits, state = model(x, state)
        loss = nn.functional.cross_entropy(logits.view(-1, len(chars)), y.reshape(-1))
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        opt.step()
        total += loss.item() * n
        count += n
    print("epoch", epoch, "nll %.3f" % (total / count))
