import math

import torch
import torch.nn as nn

torch.manual_seed(40)
V, BOS, EOS = 9, 0, 1


class LM(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(V, 8)
        self.rnn = nn.LSTM(8, 20, batch_first=True)
        self.fc = nn.Linear(20, V)

    def forward(self, x, state=None):
        y, state = self.rnn(self.emb(x), state)
        return self.fc(y), state


def make(n):
    first = torch.randint(2, V, (n, 1))
    body = (first - 2 + torch.arange(4)) % (V - 2) + 2
    return torch.cat([torch.full((n, 1), BOS), body, torch.full((n, 1), EOS)], 1)


lm = LM()
opt = torch.optim.Adam(lm.parameters(), lr=0.02)
for _ in range(25):
    s = make(16)
    logits, _ = lm(s[:, :-1])
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), s[:, 1:].flatten())
    opt.zero_grad()
    loss.backward()
    opt.step()


@torch.no_grad()
def beam(k=3, steps=6):
    """The beams are the batch: after each step the state is re-ordered along axis 1."""
    tok = torch.full((1, 1), BOS)
    logits, (h, c) = lm(tok)
    score, nxt = logits[:, -1].log_softmax(-1).topk(k)
    score = score.masked_fill(nxt == EOS, -math.inf).view(k)  # no empty answers
    seqs = nxt.view(k, 1)
    h, c = h.expand(-1, k, -1).contiguous(), c.expand(-1, k, -1).contiguous()
    finished = []
    for _ in range(steps):
        logits, (h, c) = lm(seqs[:, -1:], (h, c))
        cand = score.unsqueeze(1) + logits[:, -1].log_softmax(-1)
        score, flat = cand.view(-1).topk(k)
        parent, word = flat // V, flat % V
        seqs = torch.cat([seqs[parent], word.unsqueeze(1)], 1)
        h, c = h[:, parent], c[:, parent]
        for i in (word == EOS).nonzero().flatten().tolist():
            finished.append((score[i].item() / seqs.size(1), seqs[i].tolist()))
            score[i] = -math.inf
        if torch.isinf(score).all():
            break
    return max(finished) if finished else (score.max().item(), seqs[0].tolist())


best = beam()
print(round(loss.item(), 4), round(best[0], 4), best[1][:5])
