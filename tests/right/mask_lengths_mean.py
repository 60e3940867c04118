import torch
import torch.nn.functional as F
from torch import nn, optim

torch.manual_seed(1)


def length_mask(lengths, max_len):
    return torch.arange(max_len)[None, :] < lengths[:, None]


class MeanPooler(nn.Module):
    """Unidirectional GRU over right padded input; padded steps come after the real
    ones, so they cannot reach them, and they are left out of the mean."""

    def __init__(self, d_in=4, d_h=10):
        super().__init__()
        self.gru = nn.GRU(d_in, d_h, batch_first=True)
        self.out = nn.Linear(d_h, 1)

    def forward(self, x, lengths):
        y, _ = self.gru(x)
        m = length_mask(lengths, x.size(1)).unsqueeze(-1).to(y.dtype)
        pooled = (y * m).sum(dim=1) / m.sum(dim=1)
        return self.out(pooled).squeeze(-1)


def batch(n=24, L=12):
    lengths = torch.randint(2, L + 1, (n,))
    x = torch.randn(n, L, 4)
    m = length_mask(lengths, L).unsqueeze(-1)
    x = x * m
    target = x[..., 0].sum(1) / lengths
    return x, lengths, target


model = MeanPooler()
optimizer = optim.AdamW(model.parameters(), lr=0.01)
first = None
for it in range(30):
    x, lengths, t = batch()
    optimizer.zero_grad()
    loss = F.mse_loss(model(x, lengths), t)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    first = loss.item() if first is None else first
print("first", round(first, 4), "last", round(loss.item(), 4))
