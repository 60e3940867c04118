# HAN: word GRU + attention -> sentence vectors -> sentence GRU + attention -> document class
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence as pk
from torch.nn.utils.rnn import pad_packed_sequence as unpk

torch.manual_seed(42)


class AttnPool(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.lin, self.ctx = nn.Linear(d, d), nn.Linear(d, 1, bias=False)

    def forward(self, h, keep):
        s = self.ctx(torch.tanh(self.lin(h))).squeeze(-1).masked_fill(~keep, float("-inf"))
        return (s.softmax(-1).unsqueeze(-1) * h).sum(-2)


class Level(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.rnn = nn.GRU(d, h, batch_first=True, bidirectional=True)
        self.pool = AttnPool(2 * h)

    def forward(self, x, lens):
        y, _ = unpk(
            self.rnn(pk(x, lens, batch_first=True, enforce_sorted=False))[0],
            batch_first=True,
            total_length=x.size(1),
        )
        return self.pool(y, torch.arange(x.size(1)) < lens.unsqueeze(1))


class HAN(nn.Module):
    def __init__(self, v=20):
        super().__init__()
        self.emb = nn.Embedding(v, 6, padding_idx=0)
        self.word, self.sent = Level(6, 5), Level(10, 4)
        self.fc = nn.Linear(8, 2)

    def forward(self, docs):
        # docs: list of documents, each a list of 1-D id tensors
        sents = [s for d in docs for s in d]
        ids = nn.utils.rnn.pad_sequence(sents, batch_first=True)
        vec = self.word(self.emb(ids), torch.tensor([len(s) for s in sents]))
        per_doc = vec.split([len(d) for d in docs])
        x = nn.utils.rnn.pad_sequence(list(per_doc), batch_first=True)
        return self.fc(self.sent(x, torch.tensor([len(d) for d in docs])))


def doc(label):
    lo, hi = (1, 11) if label == 0 else (9, 20)
    return [
        torch.randint(lo, hi, (int(torch.randint(1, 7, ())),))
        for _ in range(int(torch.randint(1, 5, ())))
    ]


net = HAN()
opt = torch.optim.Adam(net.parameters(), 0.02)
for it in range(12):
    y = torch.randint(0, 2, (10,))
    logits = net([doc(int(l)) for l in y])
    loss = nn.functional.cross_entropy(logits, y)
    opt.zero_grad()
    loss.backward()
    opt.step()
print(loss.item(), (logits.argmax(1) == y).float().mean().item())
