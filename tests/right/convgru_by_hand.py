import torch
import torch.nn as nn

torch.manual_seed(115)


class ConvGRUCell(nn.Module):
    def __init__(self, c_in, c_h, k=3):
        super().__init__()
        self.gates = nn.Conv2d(c_in + c_h, 2 * c_h, k, padding=k // 2)
        self.cand = nn.Conv2d(c_in + c_h, c_h, k, padding=k // 2)
        self.c_h = c_h

    def forward(self, x, h):
        z, r = torch.sigmoid(self.gates(torch.cat([x, h], 1))).chunk(2, 1)
        n = torch.tanh(self.cand(torch.cat([x, r * h], 1)))
        return (1 - z) * n + z * h


def balls(n, t, s=7):
    v = torch.zeros(t, n, 1, s, s)
    x0, y0 = torch.randint(0, s, (n,)), torch.randint(0, s, (n,))
    dx = torch.randint(0, 2, (n,)) * 2 - 1
    for k in range(t):
        v[k, torch.arange(n), 0, y0, (x0 + k * dx) % s] = 1
    return v


cell, out = ConvGRUCell(1, 6), nn.Conv2d(6, 1, 1)
opt = torch.optim.Adam([*cell.parameters(), *out.parameters()], lr=0.02)
for it in range(15):
    v = balls(10, 6)
    h = torch.zeros(10, 6, 7, 7)
    loss = 0.0
    for t in range(5):
        h = cell(v[t], h)
        if t >= 1:  # the direction is unknown after one frame
            loss = loss + nn.functional.binary_cross_entropy_with_logits(out(h), v[t + 1]) / 4
    opt.zero_grad()
    loss.backward()
    opt.step()
print("next frame bce %.4f" % loss.item())
