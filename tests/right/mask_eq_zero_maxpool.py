"""Token ids with 0 as padding; the mask is read off the ids."""

import torch
import torch.nn as nn

torch.manual_seed(2)
V, E, H, N, L = 30, 8, 12, 20, 9

emb = nn.Embedding(V, E, padding_idx=0)
lstm = nn.LSTM(E, H, batch_first=True)
head = nn.Linear(H, 3)
params = [*emb.parameters(), *lstm.parameters(), *head.parameters()]
opt = torch.optim.RMSprop(params, lr=5e-3)


def sample():
    tok = torch.randint(1, V, (N, L))
    n_tok = torch.randint(1, L + 1, (N, 1))
    tok[torch.arange(L).expand(N, L) >= n_tok] = 0
    y = tok[:, 0] % 3
    return tok, y


def logits_of(tok):
    pad = tok == 0
    out, _ = lstm(emb(tok))
    out = out.masked_fill(pad.unsqueeze(2), float("-inf"))
    feats = out.max(dim=1)[0]
    return head(feats)


for i in range(25):
    tok, y = sample()
    loss = nn.functional.cross_entropy(logits_of(tok), y)
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    if i % 8 == 0:
        print(i, f"{loss.item():.4f}")
with torch.no_grad():
    tok, y = sample()
    print("acc", (logits_of(tok).argmax(1) == y).float().mean().item())
