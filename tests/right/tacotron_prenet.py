# Tacotron-like decoder: the prenet's dropout is always on, also at inference, as in the paper.
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(101)


class Prenet(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.l1, self.l2 = nn.Linear(d, h), nn.Linear(h, h)

    def forward(self, x):
        x = F.dropout(F.relu(self.l1(x)), 0.5, training=True)
        return F.dropout(F.relu(self.l2(x)), 0.5, training=True)


class Decoder(nn.Module):
    def __init__(self, mel=4, txt=6, h=12):
        super().__init__()
        self.mel = mel
        self.enc = nn.GRU(txt, h // 2, bidirectional=True, batch_first=True)
        self.prenet = Prenet(mel, 8)
        self.cell = nn.LSTMCell(8 + h, h)
        self.att = nn.Linear(h, h, bias=False)
        self.frame, self.stop = nn.Linear(2 * h, mel), nn.Linear(2 * h, 1)

    def step(self, prev, state, mem):
        h, c = state
        w = torch.bmm(mem, self.att(h).unsqueeze(2)).softmax(1)
        ctx = (w * mem).sum(1)
        h, c = self.cell(torch.cat([self.prenet(prev), ctx], 1), (h, c))
        o = torch.cat([h, ctx], 1)
        return self.frame(o), self.stop(o).squeeze(1), (h, c)

    def forward(self, text, mels=None, steps=None):
        mem, _ = self.enc(text)
        n = text.size(0)
        state = (mem.new_zeros(n, mem.size(2)), mem.new_zeros(n, mem.size(2)))
        prev, out, stops = mem.new_zeros(n, self.mel), [], []
        for t in range(steps if mels is None else mels.size(1)):
            y, s, state = self.step(prev, state, mem)
            out.append(y)
            stops.append(s)
            prev = y if mels is None else mels[:, t]
        return torch.stack(out, 1), torch.stack(stops, 1)


net = Decoder()
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for it in range(12):
    text = torch.randn(10, 5, 6)
    mels = text[:, :, :4].repeat_interleave(2, dim=1)
    end = torch.zeros(10, 10)
    end[:, -1] = 1
    y, s = net(text, mels)
    loss = F.l1_loss(y, mels) + 0.1 * F.binary_cross_entropy_with_logits(s, end)
    opt.zero_grad()
    loss.backward()
    opt.step()
net.eval()
with torch.no_grad():
    y, _ = net(text, steps=6)
print(round(loss.item(), 4), tuple(y.shape))
