# One long machine signal: trained over contiguous pieces, evaluated on the rest of the SAME
# signal with the state the training part ended in (on purpose: it is the same machine).
import torch
import torch.nn as nn

torch.manual_seed(121)
t = torch.arange(301.0)
sig = torch.stack([torch.sin(t / 5), torch.sin(t / 5 + 1), torch.sin(t / 9)], 1).unsqueeze(
    -1
)  # (T, 3, 1)
train, test = sig[:201], sig[200:]
rnn, fc = nn.GRU(1, 16), nn.Linear(16, 1)
opt = torch.optim.Adam([*rnn.parameters(), *fc.parameters()], lr=0.01)
STEP = 20
for epoch in range(3):
    h = torch.zeros(1, 3, 16)
    for i in range(0, 200, STEP):
        x, y = train[i : i + STEP], train[i + 1 : i + STEP + 1]
        out, h = rnn(x, h.detach())
        loss = (fc(out) - y).pow(2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
rnn.eval()
with torch.no_grad():
    _, h = rnn(train[:-1])  # the final weights' own state
    errs = []
    for i in range(0, 100, STEP):
        out, h = rnn(test[i : i + STEP], h)
        errs.append((fc(out) - test[i + 1 : i + STEP + 1]).pow(2).mean())
print("train %.5f test %.5f" % (loss.item(), torch.stack(errs).mean().item()))
