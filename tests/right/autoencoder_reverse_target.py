# Srivastava-style composite model: reconstruct the input backwards, and go on forwards.
import torch
from torch import nn

gen = torch.Generator().manual_seed(3)
torch.manual_seed(21)


class Composite(nn.Module):
    def __init__(self, d=3, h=16):
        super().__init__()
        self.enc = nn.LSTM(d, h)
        self.rec = nn.LSTMCell(d, h)
        self.fut = nn.LSTMCell(d, h)
        self.rec_out, self.fut_out = nn.Linear(h, d), nn.Linear(h, d)

    def unroll(self, cell, out, state, steps):
        h, c = state
        y = h.new_zeros(h.size(0), out.out_features)
        ys = []
        for _ in range(steps):
            h, c = cell(y, (h, c))
            y = out(h)
            ys.append(y)
        return torch.stack(ys)

    def forward(self, x, future):
        _, (h, c) = self.enc(x)
        s = (h[0], c[0])
        return self.unroll(self.rec, self.rec_out, s, len(x)), self.unroll(
            self.fut, self.fut_out, s, future
        )


model = Composite()
opt = torch.optim.Adam(model.parameters(), lr=0.01)
for step in range(15):
    start = torch.randn(1, 12, 3, generator=gen)
    vel = 0.2 * torch.randn(1, 12, 3, generator=gen)
    track = start + vel * torch.arange(10.0).view(-1, 1, 1)
    past, future = track[:6], track[6:]
    rec, fut = model(past, 4)
    loss = (rec - past.flip(0)).abs().mean() + (fut - future).abs().mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
print(f"composite loss {loss.item():.4f}")
