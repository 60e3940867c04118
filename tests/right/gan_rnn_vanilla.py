import torch
import torch.nn as nn

torch.manual_seed(73)


class Generator(nn.Module):
    def __init__(self, nz=4, nh=16):
        super().__init__()
        self.cell = nn.LSTMCell(nz + 1, nh)
        self.to_h = nn.Linear(nz, nh)
        self.head = nn.Linear(nh, 1)

    def forward(self, z, steps):
        h = torch.tanh(self.to_h(z))
        c = torch.zeros_like(h)
        y = z.new_zeros(len(z), 1)
        ys = []
        for _ in range(steps):
            h, c = self.cell(torch.cat([z, y], 1), (h, c))
            y = torch.tanh(self.head(h))
            ys.append(y)
        return torch.stack(ys, 1)


class Discriminator(nn.Module):
    def __init__(self, nh=12):
        super().__init__()
        self.rnn = nn.GRU(1, nh, bidirectional=True, batch_first=True)
        self.head = nn.Linear(2 * nh, 1)

    def forward(self, x):
        _, h = self.rnn(x)
        return self.head(torch.cat([h[0], h[1]], 1)).squeeze(1)


G, D = Generator(), Discriminator()
og = torch.optim.Adam(G.parameters(), lr=1e-3)
od = torch.optim.Adam(D.parameters(), lr=1e-3)
bce = nn.BCEWithLogitsLoss()
ones, zeros = torch.ones(10), torch.zeros(10)
for it in range(10):
    real = torch.sin(torch.arange(9.0) * 0.6 + 6 * torch.rand(10, 1)).unsqueeze(-1)
    fake = G(torch.randn(10, 4), 9)
    d_loss = bce(D(real), ones) + bce(D(fake.detach()), zeros)
    od.zero_grad()
    d_loss.backward()
    od.step()
    g_loss = bce(D(fake), ones)
    og.zero_grad()
    g_loss.backward()
    og.step()
print(round(d_loss.item(), 4), round(g_loss.item(), 4))
