import torch
import torch.nn as nn
from torch.nn.utils import rnn as rnn_utils

torch.manual_seed(6)
N_WORDS, N_TAGS, PAD_TAG = 40, 5, -100


def sentence():
    n = torch.randint(2, 12, ()).item()
    w = torch.randint(1, N_WORDS, (n,))
    nxt = torch.cat([w[1:], w.new_zeros(1)])
    return w, (w + nxt) % N_TAGS


class BiTagger(nn.Module):
    def __init__(self, emb=10, hid=12):
        super().__init__()
        self.emb = nn.Embedding(N_WORDS, emb, padding_idx=0)
        self.lstm = nn.LSTM(emb, hid, bidirectional=True, batch_first=True)
        self.drop = nn.Dropout(0.2)
        self.fc = nn.Linear(2 * hid, N_TAGS)

    def forward(self, words, lens):
        e = self.drop(self.emb(words))
        p = rnn_utils.pack_padded_sequence(e, lens, batch_first=True, enforce_sorted=False)
        o, _ = self.lstm(p)
        o, _ = rnn_utils.pad_packed_sequence(o, batch_first=True, total_length=words.size(1))
        return self.fc(self.drop(o))


def collate(items):
    ws, ts = zip(*items)
    return (
        rnn_utils.pad_sequence(ws, batch_first=True),
        rnn_utils.pad_sequence(ts, batch_first=True, padding_value=PAD_TAG),
        torch.tensor([len(w) for w in ws]),
    )


model = BiTagger()
crit = nn.CrossEntropyLoss(ignore_index=PAD_TAG)
optim = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(20):
    w, t, l = collate([sentence() for _ in range(16)])
    logits = model(w, l)
    loss = crit(logits.reshape(-1, N_TAGS), t.reshape(-1))
    optim.zero_grad()
    loss.backward()
    optim.step()
model.eval()
with torch.no_grad():
    w, t, l = collate([sentence() for _ in range(32)])
    pred = model(w, l).argmax(-1)
    valid = t != PAD_TAG
    print(
        "train loss",
        round(loss.item(), 3),
        "tag acc",
        round((pred == t)[valid].float().mean().item(), 3),
    )
