import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

torch.manual_seed(125)


class SentenceEncoder(nn.Module):
    def __init__(self, v=18, e=8, h=9):
        super().__init__()
        self.emb = nn.Embedding(v, e, padding_idx=0)
        self.rnn = nn.LSTM(e, h, num_layers=2, bidirectional=True, batch_first=True, dropout=0.2)

    def forward(self, ids):
        lens = (ids != 0).sum(1)
        packed, (h, c) = self.rnn(
            pack_padded_sequence(self.emb(ids), lens, batch_first=True, enforce_sorted=False)
        )
        tokens, _ = pad_packed_sequence(packed, batch_first=True)  # for whoever wants it
        sent = h[-2:].transpose(0, 1).reshape(len(ids), -1)
        return tokens, sent


def ids(n=14, L=9):
    x = torch.randint(1, 18, (n, L))
    for row in x:
        row[int(torch.randint(2, L + 1, ())) :] = 0
    return x


enc = SentenceEncoder()
score = nn.Bilinear(18, 18, 1)
opt = torch.optim.Adam([*enc.parameters(), *score.parameters()], lr=0.01)
for it in range(15):
    a, b = ids(), ids()
    y = (a[:, 0] > b[:, 0]).float()
    _, u = enc(a)
    _, v = enc(b)
    loss = nn.functional.binary_cross_entropy_with_logits(score(u, v).squeeze(1), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
print("pair loss %.4f" % loss.item())
