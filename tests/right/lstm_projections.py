import torch
import torch.nn as nn

torch.manual_seed(109)
torch.backends.mkldnn.enabled = False  # oneDNN has no projections, the default code does
# proj_size: h has the projected width, c the hidden width
rnn = nn.LSTM(4, 16, num_layers=2, proj_size=5, batch_first=True, bidirectional=True, dropout=0.1)
fc = nn.Linear(10, 3)
opt = torch.optim.Adam([*rnn.parameters(), *fc.parameters()], lr=0.01)
for k in range(15):
    y = torch.randint(0, 3, (12,))
    x = torch.randn(12, 6, 4)
    x[torch.arange(12), :, y] += 1.0
    h0, c0 = torch.zeros(4, 12, 5), torch.zeros(4, 12, 16)
    out, (h, c) = rnn(x, (h0, c0))
    fwd, bwd = out[:, -1, :5], out[:, 0, 5:]
    loss = nn.functional.cross_entropy(fc(torch.cat([fwd, bwd], -1)), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
assert h.shape[-1] * 2 == out.shape[-1]
print(tuple(h.shape), tuple(c.shape), round(loss.item(), 4))
