# A child-sum tree: leaves start from nothing, one call each; their states go to the parents.
import torch
from torch import nn

torch.manual_seed(6)
leaf, node, fc = nn.LSTMCell(4, 6), None, nn.Linear(6, 2)
cell = leaf
opt = torch.optim.Adam([*cell.parameters(), *fc.parameters()])
for _ in range(4):
    x = torch.randn(7, 5, 4)
    leaves = [cell(x[k]) for k in range(4)]
    pairs = [leaves[:2], leaves[2:]]
    inner = [cell(x[4 + k], (a[0] + b[0], a[1] + b[1])) for k, (a, b) in enumerate(pairs)]
    h, c = cell(x[6], (inner[0][0] + inner[1][0], inner[0][1] + inner[1][1]))
    loss = nn.functional.cross_entropy(fc(h), torch.randint(2, (5,)))
    opt.zero_grad()
    loss.backward()
    opt.step()
