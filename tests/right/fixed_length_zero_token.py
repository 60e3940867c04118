import torch
import torch.nn as nn

# DNA-like: symbol 0 is a letter like any other; all reads have 12 letters, so nothing is padded
# and the bidirectional output is pooled over everything.
torch.manual_seed(122)
reads, L = 20, 12
emb = nn.Embedding(4, 4)
rnn = nn.LSTM(4, 10, bidirectional=True, batch_first=True)
fc = nn.Linear(20, 1)
opt = torch.optim.Adam([*emb.parameters(), *rnn.parameters(), *fc.parameters()], lr=0.02)
for it in range(20):
    x = torch.randint(0, 4, (reads, L))
    y = ((x == 0) | (x == 3)).float().mean(1)
    y = (y > 0.5).float()
    out, _ = rnn(emb(x))
    pooled = out.mean(dim=1)
    loss = nn.functional.binary_cross_entropy_with_logits(fc(pooled)[:, 0], y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it in (0, 19):
        print(it, "%.4f" % loss.item())
