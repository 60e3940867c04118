import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_sequence, pad_packed_sequence, pad_sequence

torch.manual_seed(107)
K = 3


class BiLSTMCRF(nn.Module):
    def __init__(self, v, e=6, h=8):
        super().__init__()
        self.emb = nn.Embedding(v, e)
        self.rnn = nn.LSTM(e, h, bidirectional=True)
        self.fc = nn.Linear(2 * h, K)
        self.trans = nn.Parameter(torch.zeros(K, K))
        self.start, self.end = nn.Parameter(torch.zeros(K)), nn.Parameter(torch.zeros(K))

    def emissions(self, sents):
        p = pack_sequence([self.emb(s) for s in sents], enforce_sorted=False)
        y, lens = pad_packed_sequence(self.rnn(p)[0])
        return self.fc(y), torch.arange(y.size(0))[:, None] < lens  # (T, N, K), (T, N)

    def nll(self, sents, tags):
        e, m = self.emissions(sents)
        n = e.size(1)
        score = self.start[tags[0]] + e[0, torch.arange(n), tags[0]]
        alpha = self.start + e[0]
        for t in range(1, e.size(0)):
            step = self.trans[tags[t - 1], tags[t]] + e[t, torch.arange(n), tags[t]]
            score = torch.where(m[t], score + step, score)
            nxt = torch.logsumexp(alpha.unsqueeze(2) + self.trans, dim=1) + e[t]
            alpha = torch.where(m[t].unsqueeze(1), nxt, alpha)
        last = tags.gather(0, m.sum(0, keepdim=True) - 1).squeeze(0)
        return (torch.logsumexp(alpha + self.end, 1) - score - self.end[last]).mean()

    @torch.no_grad()
    def viterbi(self, sent):
        e = self.emissions([sent])[0][:, 0]
        s, back = self.start + e[0], []
        for x in e[1:]:
            s, b = (s.unsqueeze(1) + self.trans).max(0)
            s = s + x
            back.append(b)
        path = [int((s + self.end).argmax())]
        for b in reversed(back):
            path.append(int(b[path[-1]]))
        return path[::-1]


def sent():
    w = torch.randint(0, 12, (int(torch.randint(2, 8, ())),))
    return w, w.cumsum(0) % K


net = BiLSTMCRF(12)
opt = torch.optim.Adam(net.parameters(), lr=0.02)
for it in range(10):
    ws, ts = zip(*[sent() for _ in range(10)])
    loss = net.nll(ws, pad_sequence(ts))
    opt.zero_grad()
    loss.backward()
    opt.step()
print(f"{loss.item():.4f}", net.viterbi(ws[0]))
