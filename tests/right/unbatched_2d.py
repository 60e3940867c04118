# One sequence at a time, (L, D) without a batch axis.
import torch
import torch.nn as nn

torch.manual_seed(93)
lstm = nn.LSTM(3, 8, bidirectional=True)
gru = nn.GRU(16, 6, batch_first=True)  # batch_first says nothing about 2-D input
fc = nn.Linear(6, 2)
opt = torch.optim.Adam([*lstm.parameters(), *gru.parameters(), *fc.parameters()], lr=0.01)
total = 0.0
for i in range(30):
    n = int(torch.randint(2, 10, ()))
    y = i % 2
    x = torch.randn(n, 3) + (2.0 * y - 1.0)
    out, (h, c) = lstm(x)  # out (n, 16), h (2, 8)
    out2, h2 = gru(out)  # h2 (1, 6)
    loss = nn.functional.cross_entropy(fc(h2), torch.tensor([y]))
    opt.zero_grad()
    loss.backward()
    opt.step()
    total += loss.item()
print(tuple(out.shape)[1], tuple(h.shape), round(total / 30, 4))
