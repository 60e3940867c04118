import torch
import torch.nn as nn

torch.manual_seed(46)


class GGNN(nn.Module):
    """Gated graph network. Axis 0 of the cell is the nodes of all the graphs."""

    def __init__(self, d=8, rounds=3):
        super().__init__()
        self.inp = nn.Linear(2, d)
        self.msg = nn.Linear(d, d)
        self.cell = nn.GRUCell(d, d)
        self.out = nn.Linear(2 * d, 1)
        self.rounds = rounds

    def forward(self, x, edge, graph_id, n_graphs):
        h0 = h = torch.tanh(self.inp(x))
        for _ in range(self.rounds):
            m = self.msg(h)
            agg = torch.zeros_like(h).index_add(0, edge[1], m[edge[0]])
            h = self.cell(agg, h)
        node = self.out(torch.cat([h, h0], 1))
        return torch.zeros(n_graphs, 1).index_add(0, graph_id, node).squeeze(1)


def graphs(k=8):
    xs, es, gid, off, y = [], [], [], 0, []
    for g in range(k):
        n = int(torch.randint(3, 7, ()))
        x = torch.randn(n, 2)
        ring = torch.arange(n)
        e = torch.stack([ring, (ring + 1) % n])
        xs.append(x)
        es.append(torch.cat([e, e.flip(0)], 1) + off)
        gid += [g] * n
        y.append((x[:, 0] * x[:, 0].roll(1)).sum())
        off += n
    return torch.cat(xs), torch.cat(es, 1), torch.tensor(gid), k, torch.stack(y)


net = GGNN()
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for it in range(25):
    *inp, y = graphs()
    loss = nn.functional.mse_loss(net(*inp), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
print(f"graph regression {loss.item():.4f}")
