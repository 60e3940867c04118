import torch
import torch.nn as nn

torch.manual_seed(97)
# N == num_layers * num_directions == 4, twice:
# four layers with a carried state kept batch first outside and turned back before the call,
# and a fresh 2 x 2 bidirectional net.
rnn = nn.GRU(3, 6, num_layers=4, batch_first=True)
bi = nn.GRU(3, 6, num_layers=2, bidirectional=True, batch_first=True)
fc, fc2 = nn.Linear(4 * 6, 2), nn.Linear(4 * 6, 2)
opt = torch.optim.Adam([p for m in (rnn, bi, fc, fc2) for p in m.parameters()], lr=0.01)
N = 4
for epoch in range(5):
    state = torch.zeros(N, 4, 6)  # (batch, layers, hidden)
    level = torch.randn(N, 1, 1)
    y = (level[:, 0, 0] > 0).long()
    for part in range(4):
        x = level + torch.randn(N, 5, 3)  # the same four series go on
        h0 = state.detach().transpose(0, 1).contiguous()
        _, hn = rnn(x, h0)
        state = hn.transpose(0, 1).contiguous()
        _, hb = bi(x)
        loss = nn.functional.cross_entropy(
            fc(state.reshape(N, -1)), y
        ) + nn.functional.cross_entropy(fc2(hb.permute(1, 0, 2).reshape(N, -1)), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
print(round(loss.item(), 4), tuple(state.shape))
