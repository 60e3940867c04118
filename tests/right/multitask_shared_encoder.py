# One shared encoder, two heads on different batches; each step trains one task.
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(70)
shared = nn.GRU(4, 12, batch_first=True)
heads = nn.ModuleDict({"sum": nn.Linear(12, 1), "argmax": nn.Linear(12, 4)})
opt = torch.optim.Adam([*shared.parameters(), *heads.parameters()], lr=0.01)
log = {}
for step in range(30):
    task = ("sum", "argmax")[step % 2]
    x = torch.randn(16, 6, 4)
    y, h = shared(x)
    if task == "sum":
        loss = F.mse_loss(heads[task](h[-1]).squeeze(-1), x.sum((1, 2)) / 5)
    else:
        loss = F.cross_entropy(heads[task](y).transpose(1, 2), x.argmax(-1))
    opt.zero_grad()
    loss.backward()
    opt.step()
    log[task] = loss.item()
print({k: round(v, 3) for k, v in log.items()})
