"""Everything is (T, N, ...): data, masks, targets, loss, metrics."""

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

torch.manual_seed(92)


class Pipeline(nn.Module):
    def __init__(self, d, h, k):
        super().__init__()
        self.conv = nn.Conv1d(d, h, 3, padding=1)
        self.rnn = nn.GRU(h, h, bidirectional=True)
        self.out = nn.Linear(2 * h, k)

    def forward(self, x, lens):
        z = torch.relu(self.conv(x.permute(1, 2, 0))).permute(2, 0, 1)
        p = pack_padded_sequence(z, lens, enforce_sorted=False)
        y, _ = pad_packed_sequence(self.rnn(p)[0], total_length=x.size(0))
        return self.out(y)


net = Pipeline(2, 8, 3)
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for it in range(18):
    lens = torch.randint(3, 11, (12,))
    x = pad_sequence([torch.randn(int(n), 2) for n in lens])  # (T, N, 2), zeros after the end
    y = (x[..., 0] > 0).long() + (x[..., 1] > 0).long()
    mask = torch.arange(x.size(0))[:, None] < lens[None, :]
    logits = net(x, lens)
    nll = nn.functional.cross_entropy(logits.permute(1, 2, 0), y.t(), reduction="none").t()
    loss = (nll * mask).sum(0).div(lens).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
acc = (logits.argmax(-1) == y)[mask].float().mean()
print(round(loss.item(), 4), round(acc.item(), 3))
