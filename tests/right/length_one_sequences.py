import torch
import torch.nn as nn

torch.manual_seed(95)
# Sequences of one step, among them a batch where all have length one, and packed ones.
rnn = nn.LSTM(4, 10, num_layers=2, batch_first=True, bidirectional=True)
fc = nn.Linear(20, 2)
opt = torch.optim.Adam([*rnn.parameters(), *fc.parameters()], lr=0.01)
for i in range(20):
    lens = torch.ones(12, dtype=torch.long) if i % 3 == 0 else torch.randint(1, 4, (12,))
    x = torch.randn(12, int(lens.max()), 4)
    p = nn.utils.rnn.pack_padded_sequence(x, lens, batch_first=True, enforce_sorted=False)
    _, (h, _) = rnn(p)
    y = (x[:, 0, 0] > 0).long()
    loss = nn.functional.cross_entropy(fc(torch.cat([h[-2], h[-1]], dim=1)), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
with torch.no_grad():
    x = torch.randn(1, 1, 4)
    out, (h, c) = rnn(x)
    assert torch.allclose(out[0, 0], torch.cat([h[-2, 0], h[-1, 0]]))
print("loss %.4f" % loss.item(), tuple(out.shape))
