# AWD-style: one dropout mask for all the time steps, tied weights, DropConnect by functional_call
import torch
from torch import nn
from torch.func import functional_call

torch.manual_seed(61)
V, D = 18, 16


def locked(x, p, training):
    if not training or p == 0:
        return x
    m = x.new_empty(1, x.size(1), x.size(2)).bernoulli_(1 - p) / (1 - p)
    return x * m


class AWD(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(V, D)
        self.cells = nn.ModuleList([nn.LSTM(D, D) for _ in range(2)])
        self.dec = nn.Linear(D, V)
        self.dec.weight = self.emb.weight

    def forward(self, x, states):
        y, new = locked(self.emb(x), 0.1, self.training), []
        for rnn, s in zip(self.cells, states):
            w = dict(rnn.named_parameters())
            w["weight_hh_l0"] = nn.functional.dropout(w["weight_hh_l0"], 0.2, self.training)
            y, s = functional_call(rnn, w, (y, s))
            y = locked(y, 0.1, self.training)
            new.append(s)
        return self.dec(y), new


stream = torch.arange(6 * 61).view(6, 61).t() % V  # 6 contiguous streams
lm = AWD()
opt = torch.optim.SGD(lm.parameters(), lr=1.0)
for epoch in range(2):
    states = [(torch.zeros(1, 6, D), torch.zeros(1, 6, D)) for _ in range(2)]
    for i in range(0, 60, 10):
        states = [(h.detach(), c.detach()) for h, c in states]
        logits, states = lm(stream[i : i + 10], states)
        loss = nn.functional.cross_entropy(
            logits.reshape(-1, V), stream[i + 1 : i + 11].reshape(-1)
        )
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(lm.parameters(), 0.25)
        opt.step()
print(round(loss.item(), 4))
