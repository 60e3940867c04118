import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(26)
# parity-of-neighbours tagging; every sequence has exactly T steps
T, N = 10, 24


class Tagger(nn.Module):
    def __init__(s):
        super().__init__()
        s.rnn = nn.GRU(1, 10, num_layers=2, bidirectional=True, dropout=0.1)
        s.fc = nn.Linear(20, 1)

    def forward(s, x):
        y, _ = s.rnn(x)
        return s.fc(y).squeeze(2)


net = Tagger()
opt = torch.optim.Adam(net.parameters(), lr=1e-2)
sched = torch.optim.lr_scheduler.StepLR(opt, step_size=10, gamma=0.5)
for ep in range(20):
    x = torch.randint(0, 2, (T, N, 1)).float()
    flat = x.squeeze(2)
    nxt = torch.cat([flat[1:], torch.zeros(1, N)])
    prv = torch.cat([torch.zeros(1, N), flat[:-1]])
    y = ((nxt + prv) > 0).float()
    loss = F.binary_cross_entropy_with_logits(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
net.eval()
with torch.no_grad():
    print(f"loss={loss.item():.4f} acc={((net(x) > 0) == (y > 0.5)).float().mean():.3f}")
