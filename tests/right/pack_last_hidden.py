# Sentiment-like classifier, packed with lengths, last layer's final hidden state.
import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

torch.manual_seed(0)
VOCAB, PAD = 20, 0


def make_batch(n):
    seqs, labels = [], []
    for _ in range(n):
        ln = int(torch.randint(3, 10, (1,)))
        s = torch.randint(1, VOCAB, (ln,))
        seqs.append(s)
        labels.append(int((s > VOCAB // 2).sum() * 2 > ln))
    lengths = torch.tensor([len(s) for s in seqs])
    return pad_sequence(seqs, batch_first=True, padding_value=PAD), lengths, torch.tensor(labels)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(VOCAB, 12, padding_idx=PAD)
        self.rnn = nn.LSTM(12, 16, num_layers=2, batch_first=True, dropout=0.1)
        self.fc = nn.Linear(16, 2)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(self.emb(x), lengths, batch_first=True, enforce_sorted=False)
        _, (h_n, _) = self.rnn(packed)
        return self.fc(h_n[-1])


net = Net()
opt = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(25):
    x, ln, y = make_batch(16)
    loss = nn.functional.cross_entropy(net(x, ln), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
net.eval()
with torch.no_grad():
    x, ln, y = make_batch(64)
    acc = (net(x, ln).argmax(-1) == y).float().mean()
print(f"loss {loss.item():.4f} acc {acc.item():.3f}")
