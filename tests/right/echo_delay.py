# Echo: output at t is the input at t - D. The first D steps have nothing to echo and are cut.
import torch
import torch.nn as nn

torch.manual_seed(24)
D, T, N, H = 3, 16, 8, 16
rnn = nn.RNN(1, H)
out = nn.Linear(H, 1)
opt = torch.optim.Adam(list(rnn.parameters()) + list(out.parameters()), lr=0.01)

for e in range(30):
    x = (torch.rand(T, N, 1) > 0.5).float()
    y = torch.roll(x, D, dims=0)
    h0 = torch.zeros(1, N, H)
    z, _ = rnn(x, h0)
    logit = out(z)
    loss = nn.functional.binary_cross_entropy_with_logits(logit[D:], y[D:])
    opt.zero_grad()
    loss.backward()
    opt.step()

with torch.no_grad():
    acc = ((logit[D:] > 0).float() == y[D:]).float().mean().item()
print("loss", round(loss.item(), 4), "acc", round(acc, 3))
