import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_sequence

torch.manual_seed(10)

# pack_sequence from a list, bidirectional two layers, h_n.permute(1, 0, 2).reshape(N, -1)
emb = nn.Embedding(25, 6)
gru = nn.GRU(6, 5, num_layers=2, bidirectional=True, dropout=0.3)
mlp = nn.Sequential(nn.Linear(20, 16), nn.ReLU(), nn.Linear(16, 2))
model = nn.ModuleDict(dict(emb=emb, gru=gru, mlp=mlp))
opt = torch.optim.Adam(model.parameters(), lr=0.01)


def fwd(list_of_ids):
    _, h_n = gru(pack_sequence([emb(s) for s in list_of_ids], enforce_sorted=False))
    n = h_n.size(1)
    return mlp(h_n.permute(1, 0, 2).reshape(n, -1))


model.train()
for step in range(20):
    ids = [torch.randint(0, 25, (int(k),)) for k in torch.randint(1, 9, (14,))]
    y = torch.tensor([int(s[0] > 12) for s in ids])
    loss = nn.functional.cross_entropy(fwd(ids), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
model.eval()
with torch.no_grad():
    correct = sum(int(fwd([s]).argmax() == int(s[0] > 12)) for s in ids)
print(f"{loss.item():.4f}", correct, "of", len(ids))
