import torch
import torch.nn as nn

torch.manual_seed(7)

# Running mean prediction for every step; padded steps count nothing in the loss.
T, N = 14, 10
rnn = nn.GRU(1, 16)
readout = nn.Linear(16, 1)
opt = torch.optim.Adam(
    [{"params": rnn.parameters()}, {"params": readout.parameters(), "lr": 0.02}], lr=0.01
)

for step in range(30):
    lens = torch.randint(4, T + 1, (N,))
    mask = (torch.arange(T).unsqueeze(1) < lens).float()  # (T, N)
    x = torch.randn(T, N) * mask
    target = x.cumsum(0) / torch.arange(1, T + 1).unsqueeze(1)
    y, _ = rnn(x.unsqueeze(-1))
    err = (readout(y).squeeze(-1) - target) ** 2
    loss = (err * mask).sum() / mask.sum()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step in (0, 14, 29):
        print(step, "%.5f" % loss.item())
