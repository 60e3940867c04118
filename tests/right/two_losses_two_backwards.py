# Encoder and critic in one forward, losses one after the other: the encoder's loss comes second.
import torch
from torch import nn

torch.manual_seed(4)
enc, dec = nn.GRU(3, 8, batch_first=True), nn.GRU(3, 8, batch_first=True)
he, hd = nn.Linear(8, 3), nn.Linear(8, 3)
opt = torch.optim.Adam([p for m in (enc, dec, he, hd) for p in m.parameters()])
for _ in range(5):
    x = torch.randn(4, 7, 3)
    ye, h = enc(x[:, :-1])
    yd, _ = dec(x[:, :-1])
    opt.zero_grad()
    (hd(yd) - x[:, 1:]).pow(2).mean().backward()
    (he(ye) - x[:, 1:]).pow(2).mean().backward()
    opt.step()
