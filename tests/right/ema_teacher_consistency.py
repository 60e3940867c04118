# Mean teacher: the teacher is an EMA of the student, gives detached targets.
import copy

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(113)
student = nn.ModuleDict(
    {"rnn": nn.GRU(3, 10, batch_first=True), "drop": nn.Dropout(0.2), "fc": nn.Linear(10, 2)}
)
teacher = copy.deepcopy(student)
for p in teacher.parameters():
    p.requires_grad_(False)
teacher.eval()


def run(m, x):
    y, _ = m["rnn"](x)
    return m["fc"](m["drop"](y.mean(1)))


opt = torch.optim.Adam(student.parameters(), lr=0.01)
for it in range(20):
    lab = torch.randn(8, 6, 3)
    y = (lab[..., 0].sum(1) > 0).long()
    unl = torch.randn(16, 6, 3)
    sup = F.cross_entropy(run(student, lab), y)
    with torch.no_grad():
        t = run(teacher, unl + 0.05 * torch.randn_like(unl)).softmax(-1)
    s = run(student, unl + 0.05 * torch.randn_like(unl)).log_softmax(-1)
    cons = F.kl_div(s, t, reduction="batchmean")
    loss = sup + cons
    opt.zero_grad()
    loss.backward()
    opt.step()
    with torch.no_grad():
        for a, b in zip(teacher.parameters(), student.parameters()):
            a.lerp_(b, 0.1)
print("sup %.4f cons %.4f" % (sup.item(), cons.item()))
