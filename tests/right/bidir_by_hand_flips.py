"""Two unidirectional GRUs, the second over the reversed sequence, turned back before joining."""

import torch
import torch.nn as nn

torch.manual_seed(83)
fwd, bwd = nn.GRU(3, 8, batch_first=True), nn.GRU(3, 8, batch_first=True)
fc = nn.Linear(16, 2)
opt = torch.optim.Adam([*fwd.parameters(), *bwd.parameters(), *fc.parameters()], lr=0.01)


def bi(x):
    f, hf = fwd(x)
    b, hb = bwd(x.flip(1))
    both = torch.cat([f, b.flip(1)], dim=2)
    ends = torch.cat([hf[0], hb[0]], dim=1)
    return both, ends


for it in range(20):
    x = torch.randn(14, 8, 3)
    left = torch.cat([torch.zeros(14, 1), x[:, :-1, 0]], 1)
    right = torch.cat([x[:, 1:, 0], torch.zeros(14, 1)], 1)
    tag = (left > right).long()
    cls = (x[:, 0, 1] > x[:, -1, 1]).long()
    both, ends = bi(x)
    loss = nn.functional.cross_entropy(
        fc(both).flatten(0, 1), tag.flatten()
    ) + nn.functional.cross_entropy(fc(ends), cls)
    opt.zero_grad()
    loss.backward()
    opt.step()
print("%.4f" % loss.item())
