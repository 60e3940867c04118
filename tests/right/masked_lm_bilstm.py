import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

torch.manual_seed(25)
PAD, MASK, V = 0, 1, 22


class MaskedLM(nn.Module):
    def __init__(self, e=12, h=16):
        super().__init__()
        self.emb = nn.Embedding(V, e, padding_idx=PAD)
        self.rnn = nn.LSTM(e, h, num_layers=1, bidirectional=True, batch_first=True)
        self.head = nn.Sequential(nn.Linear(2 * h, h), nn.GELU(), nn.LayerNorm(h), nn.Linear(h, V))

    def forward(self, ids, lens):
        p = pack_padded_sequence(self.emb(ids), lens, batch_first=True, enforce_sorted=False)
        y = pad_packed_sequence(self.rnn(p)[0], batch_first=True)[0]
        return self.head(y)


def batch(n=16, L=10):
    lens = torch.randint(4, L + 1, (n,))
    lens[0] = L
    start = torch.randint(0, 20, (n, 1))
    ids = (start + torch.arange(L)) % 20 + 2  # counting sequences
    ids[torch.arange(L) >= lens[:, None]] = PAD
    labels = ids.clone()
    chosen = (torch.rand(n, L) < 0.25) & (ids != PAD)
    chosen[:, 1] = True  # at least one per sequence
    labels[~chosen] = -100
    masked = ids.clone()
    masked[chosen] = MASK
    return masked, lens, labels


lm = MaskedLM()
opt = torch.optim.AdamW(lm.parameters(), lr=0.01, weight_decay=1e-3)
for step in range(20):
    x, lens, labels = batch()
    loss = nn.functional.cross_entropy(
        lm(x, lens).flatten(0, 1), labels.flatten(), ignore_index=-100
    )
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 6 == 0:
        print(step, f"{loss.item():.3f}")
