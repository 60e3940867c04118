import torch
import torch.nn as nn

torch.manual_seed(20)


class SeqAE(nn.Module):
    """LSTM autoencoder. The decoder sees only the code, repeated at every step."""

    def __init__(self, d, hidden, code):
        super().__init__()
        self.encoder = nn.LSTM(d, hidden, batch_first=True)
        self.to_code = nn.Linear(hidden, code)
        self.decoder = nn.LSTM(code, hidden, batch_first=True)
        self.out = nn.Linear(hidden, d)

    def encode(self, x):
        _, (h, _) = self.encoder(x)
        return self.to_code(h.squeeze(0))

    def decode(self, z, steps):
        rep = z.unsqueeze(1).repeat(1, steps, 1)
        y, _ = self.decoder(rep)
        return self.out(y)

    def forward(self, x):
        return self.decode(self.encode(x), x.size(1))


ae = SeqAE(2, 20, 3)
opt = torch.optim.Adam(ae.parameters(), lr=1e-2)
t = torch.linspace(0, 3.0, 12)
for i in range(30):
    phase, freq = torch.rand(16, 1) * 6, 1 + torch.rand(16, 1)
    x = torch.stack([torch.sin(freq * t + phase), torch.cos(freq * t + phase)], -1)
    loss = nn.functional.mse_loss(ae(x), x)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if i % 10 == 9:
        print(i + 1, round(loss.item(), 4))
