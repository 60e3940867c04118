# F-T-LSTM: along the frequency bands inside a frame (frames are batch), then along time.
import torch
from torch import nn

torch.manual_seed(103)
N, T, B, C, H = 6, 9, 5, 3, 6  # utterances, frames, bands, bins per band

freq = nn.LSTM(C, H, bidirectional=True, batch_first=True)
time = nn.GRU(2 * H * B, 10, batch_first=True)
fc = nn.Linear(10, 2)
ps = [p for m in (freq, time, fc) for p in m.parameters()]
opt = torch.optim.Adam(ps, lr=8e-3)
for i in range(18):
    spec = torch.randn(N, T, B * C)
    y = (spec[:, :, 0:3].mean(-1) > spec[:, :, -3:].mean(-1)).long()
    z = spec.view(N * T, B, C)  # bands run as steps
    z, _ = freq(z)
    z = z.reshape(N, T, B * 2 * H)
    out, _ = time(z)
    loss = nn.functional.cross_entropy(fc(out).view(N * T, 2), y.view(N * T))
    opt.zero_grad()
    loss.backward()
    opt.step()
print("%.4f" % loss.item())
