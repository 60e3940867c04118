import torch
import torch.nn as nn
import torch.nn.functional as F

# All sequences have one fixed length. Two bidirectional readouts from released models:
# cat(output[0], output[-1]) and (forward last, backward first).
torch.manual_seed(12)
T, N, D, H = 7, 15, 4, 6
birnn = nn.GRU(D, H, bidirectional=True)
lin1 = nn.Linear(4 * H, 1)
lin2 = nn.Linear(2 * H, 1)
params = list(birnn.parameters()) + list(lin1.parameters()) + list(lin2.parameters())
opt = torch.optim.Adam(params, lr=8e-3)
for k in range(25):
    x = torch.randn(T, N, D)
    y = x[:, :, 0].mean(0) + 0.5 * x[0, :, 1]
    output, _ = birnn(x)
    ends = torch.cat((output[0], output[-1]), dim=-1)
    full = torch.cat((output[-1, :, :H], output[0, :, H:]), dim=-1)
    p1, p2 = lin1(ends)[:, 0], lin2(full)[:, 0]
    loss = F.mse_loss(p1, y) + F.mse_loss(p2, y)
    opt.zero_grad()
    loss.backward()
    opt.step()
print(loss.item(), (p1 - p2).abs().mean().item())
