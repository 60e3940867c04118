import torch
import torch.nn as nn

# Metrics are computed and kept in a history for later, only the loss is printed.
torch.manual_seed(89)


def evaluate(net, fc, x, y):
    with torch.no_grad():
        out, _ = net(x)
        pred = fc(out[:, -1]).argmax(1)
    tp = int(((pred == 1) & (y == 1)).sum())
    fp = int(((pred == 1) & (y == 0)).sum())
    fn = int(((pred == 0) & (y == 1)).sum())
    return {"acc": float((pred == y).float().mean()), "f1": 2 * tp / max(1, 2 * tp + fp + fn)}


def data(n):
    x = torch.randn(n, 8, 3)
    return x, (x[:, -4:].sum((1, 2)) > 0).long()


net, fc = nn.LSTM(3, 10, batch_first=True), nn.Linear(10, 2)
opt = torch.optim.Adam([*net.parameters(), *fc.parameters()], lr=0.02)
val = data(40)
history, best = [], -1.0
for epoch in range(10):
    for _ in range(2):
        x, y = data(20)
        out, _ = net(x)
        loss = nn.functional.cross_entropy(fc(out[:, -1]), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    m = evaluate(net, fc, *val)
    history.append(m)
    if m["f1"] > best:
        best, keep = m["f1"], [{k: v.clone() for k, v in z.state_dict().items()} for z in (net, fc)]
net.load_state_dict(keep[0])
fc.load_state_dict(keep[1])
final = evaluate(net, fc, *val)
print(f"{loss.item():.4f}", len(history))
