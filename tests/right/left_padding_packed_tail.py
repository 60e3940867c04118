# Left-padded histories (recommendation): the last position is always real. The rows are
# right-aligned outside, moved to the left for packing, and the answer is the last state.
import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence

torch.manual_seed(127)
ITEMS, L = 16, 8


def to_left(x, lens):
    idx = (torch.arange(L)[None] + (L - lens)[:, None]).clamp(max=L - 1)
    y = x.gather(1, idx)
    return y.masked_fill(torch.arange(L)[None] >= lens[:, None], 0)


class GRU4Rec(nn.Module):
    def __init__(self, e=12):
        super().__init__()
        self.items = nn.Embedding(ITEMS + 1, e, padding_idx=0)
        self.gru = nn.GRU(e, e, batch_first=True)

    def forward(self, hist):
        lens = (hist > 0).sum(1)
        x = self.items(to_left(hist, lens))
        _, h = self.gru(pack_padded_sequence(x, lens, batch_first=True, enforce_sorted=False))
        return h[-1] @ self.items.weight[1:].t()  # scores of the real items


net = GRU4Rec()
opt = torch.optim.Adagrad(net.parameters(), lr=0.1)
for it in range(20):
    lens = torch.randint(1, L + 1, (20,))
    last = torch.randint(0, ITEMS, (20, 1))
    hist = (last - torch.arange(L).flip(0)) % ITEMS + 1
    hist[torch.arange(L)[None] < (L - lens)[:, None]] = 0
    target = (last.squeeze(1) + 1) % ITEMS
    scores = net(hist)
    loss = nn.functional.cross_entropy(scores, target)
    opt.zero_grad()
    loss.backward()
    opt.step()
rank = (scores > scores.gather(1, target[:, None])).sum(1)
print("loss %.4f recall@5 %.3f" % (loss.item(), (rank < 5).float().mean().item()))
