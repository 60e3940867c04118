import torch
import torch.nn as nn

torch.manual_seed(112)
V = 10


class Dec(nn.Module):
    def __init__(self, h=20):
        super().__init__()
        self.cond = nn.Linear(4, h)
        self.emb = nn.Embedding(V + 1, 8)
        self.cell = nn.GRUCell(8, h)
        self.fc = nn.Linear(h, V)

    def forward(self, z, tgt, p_truth):
        h = torch.tanh(self.cond(z))
        tok = torch.full((len(z),), V)  # start symbol
        outs = []
        for t in range(tgt.size(1)):
            h = self.cell(self.emb(tok), h)
            o = self.fc(h)
            outs.append(o)
            own = o.detach().argmax(1)
            use_truth = torch.rand(len(z)) < p_truth  # a coin per sample
            tok = torch.where(use_truth, tgt[:, t], own)
        return torch.stack(outs, dim=1)


net = Dec()
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for it in range(20):
    z = torch.randn(16, 4)
    tgt = (z.argmax(1, keepdim=True) * 2 + torch.arange(6)) % V
    logits = net(z, tgt, p_truth=max(0.3, 1 - it / 20))
    loss = nn.functional.cross_entropy(logits.reshape(-1, V), tgt.reshape(-1))
    opt.zero_grad()
    loss.backward()
    opt.step()
net.eval()
with torch.no_grad():
    free = net(z, tgt, p_truth=0.0)
    acc = (free.argmax(-1) == tgt).float().mean()
print("%.4f free running acc %.3f" % (loss.item(), acc.item()))
