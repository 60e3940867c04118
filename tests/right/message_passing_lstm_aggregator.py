# GraphSAGE-LSTM: neighbours (fixed fan-out, shuffled) are the steps, the nodes are the batch.
import torch
import torch.nn as nn

torch.manual_seed(47)
n_nodes, fan, d = 30, 4, 5
feat = torch.randn(n_nodes, d)
label = (feat[:, 0] + feat[:, 1] > 0).long()
# homophilous neighbours
pool = [torch.nonzero(label == c).flatten() for c in (0, 1)]
nbr = torch.stack([pool[int(c)][torch.randint(len(pool[int(c)]), (fan,))] for c in label])
train_nodes = torch.arange(0, 20)
test_nodes = torch.arange(20, 30)
agg = nn.LSTM(d, 8, batch_first=True)
lin_self, lin_nb = nn.Linear(d, 2), nn.Linear(8, 2)
opt = torch.optim.Adam(nn.ModuleList([agg, lin_self, lin_nb]).parameters(), lr=0.02)


def logits(nodes, shuffle):
    nb = nbr[nodes]
    if shuffle:
        nb = nb[:, torch.randperm(fan)]
    _, (h, _) = agg(feat[nb])
    return lin_self(feat[nodes]) + lin_nb(h.squeeze(0))


for e in range(20):
    loss = nn.functional.cross_entropy(logits(train_nodes, True), label[train_nodes])
    opt.zero_grad()
    loss.backward()
    opt.step()
with torch.no_grad():
    acc = (logits(test_nodes, False).argmax(1) == label[test_nodes]).float().mean()
print(round(loss.item(), 4), round(acc.item(), 2))
