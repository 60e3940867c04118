import torch
import torch.nn as nn

torch.manual_seed(102)


class JumpingKnowledge(nn.Module):
    """LSTM aggregation of Xu et al.: network layers are the steps, the nodes are the batch."""

    def __init__(self, d, n_layers):
        super().__init__()
        self.lstm = nn.LSTM(d, n_layers * d // 2, bidirectional=True, batch_first=True)
        self.att = nn.Linear(2 * (n_layers * d // 2), 1)

    def forward(self, xs):
        x = torch.stack(xs, dim=1)  # (nodes, layers, d)
        alpha, _ = self.lstm(x)
        alpha = self.att(alpha).squeeze(-1).softmax(dim=-1)
        return (x * alpha.unsqueeze(-1)).sum(dim=1)


class GCN(nn.Module):
    def __init__(self, d_in, d, layers, classes):
        super().__init__()
        self.lins = nn.ModuleList(nn.Linear(d_in if i == 0 else d, d) for i in range(layers))
        self.jk, self.fc = JumpingKnowledge(d, layers), nn.Linear(d, classes)

    def forward(self, x, adj):
        xs = []
        for lin in self.lins:
            x = torch.relu(adj @ lin(x))
            xs.append(x)
        return self.fc(self.jk(xs))


n = 24
label = torch.arange(n) % 2
x = torch.randn(n, 5) + label.unsqueeze(1).float()
link = (torch.rand(n, n) < torch.where(label[:, None] == label[None, :], 0.35, 0.05)).float()
adj = ((link + link.t()) > 0).float().fill_diagonal_(1)
deg = adj.sum(1).rsqrt()
adj = deg[:, None] * adj * deg[None, :]
train = torch.arange(n) < 16
net = GCN(5, 6, 3, 2)
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for e in range(25):
    loss = nn.functional.cross_entropy(net(x, adj)[train], label[train])
    opt.zero_grad()
    loss.backward()
    opt.step()
with torch.no_grad():
    acc = (net(x, adj).argmax(1) == label)[~train].float().mean()
print(round(loss.item(), 4), round(acc.item(), 3))
