import torch
import torch.nn as nn

torch.manual_seed(91)
# x.t_(), x.transpose_(0, 1), x.swapaxes_(0, 1): the layout is turned in place before the call
emb = nn.Embedding(16, 6)
rnn = nn.GRU(6, 10)
fc = nn.Linear(10, 16)
opt = torch.optim.Adam([*emb.parameters(), *rnn.parameters(), *fc.parameters()], lr=0.01)
for it in range(18):
    tok = (torch.randint(0, 16, (8, 1)) + torch.arange(11)) % 16  # (N, L)
    tok.t_()  # (L, N)
    y, _ = rnn(emb(tok[:-1]))
    loss = nn.functional.cross_entropy(fc(y).view(-1, 16), tok[1:].reshape(-1))
    opt.zero_grad()
    loss.backward()
    opt.step()

bi = nn.LSTM(3, 5, bidirectional=True)
head = nn.Linear(10, 1)
opt = torch.optim.Adam([*bi.parameters(), *head.parameters()], lr=0.01)
for it in range(10):
    x = torch.randn(9, 7, 3)
    y = x.sum(2)
    x.transpose_(0, 1)  # (7, 9, 3)
    out, (h, c) = bi(x)
    pred = head(out).squeeze(-1)
    pred = pred.swapaxes_(0, 1)  # back to (9, 7)
    loss2 = (pred - y).pow(2).mean()
    opt.zero_grad()
    loss2.backward()
    opt.step()
print("%.4f %.4f" % (loss.item(), loss2.item()))
