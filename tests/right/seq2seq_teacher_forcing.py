import random

import torch
import torch.nn as nn

torch.manual_seed(31)
random.seed(31)
BOS, EOS, PAD, V = 1, 2, 0, 13


class Encoder(nn.Module):
    def __init__(self, e, h):
        super().__init__()
        self.emb = nn.Embedding(V, e, padding_idx=PAD)
        self.rnn = nn.GRU(e, h, batch_first=True)

    def forward(self, src, lens):
        p = nn.utils.rnn.pack_padded_sequence(
            self.emb(src), lens, batch_first=True, enforce_sorted=False
        )
        return self.rnn(p)[1]


class Decoder(nn.Module):
    def __init__(self, e, h):
        super().__init__()
        self.emb = nn.Embedding(V, e, padding_idx=PAD)
        self.rnn = nn.GRU(e, h, batch_first=True)
        self.out = nn.Linear(h, V)

    def forward(self, tok, state):
        y, state = self.rnn(self.emb(tok), state)
        return self.out(y), state


def reverse_pairs(n):
    src, tgt = [], []
    for _ in range(n):
        s = [random.randrange(3, V) for _ in range(random.randint(2, 6))]
        src.append(torch.tensor(s))
        tgt.append(torch.tensor([BOS] + s[::-1] + [EOS]))
    pad = nn.utils.rnn.pad_sequence
    return pad(src, True, PAD), torch.tensor([len(s) for s in src]), pad(tgt, True, PAD)


enc, dec = Encoder(10, 24), Decoder(10, 24)
opt = torch.optim.Adam(list(enc.parameters()) + list(dec.parameters()), lr=0.01)
for step in range(20):
    src, lens, tgt = reverse_pairs(20)
    dec_in, dec_out = tgt[:, :-1], tgt[:, 1:]
    logits, _ = dec(dec_in, enc(src, lens))
    loss = nn.functional.cross_entropy(logits.reshape(-1, V), dec_out.reshape(-1), ignore_index=PAD)
    opt.zero_grad()
    loss.backward()
    opt.step()

with torch.no_grad():
    src, lens, tgt = reverse_pairs(4)
    state, tok, done = enc(src, lens), torch.full((4, 1), BOS), torch.zeros(4, dtype=torch.bool)
    n_out = torch.zeros(4, dtype=torch.long)
    for _ in range(8):
        logits, state = dec(tok, state)
        tok = logits.argmax(-1)
        done = done | (tok.squeeze(1) == EOS)
        n_out += (~done).long()
print("loss %.3f" % loss.item(), n_out.tolist())
