import torch
import torch.nn as nn

torch.manual_seed(100)


class Set2Set(nn.Module):
    """One-step LSTM calls with a carried state; the query attends to the set."""

    def __init__(self, d, rounds):
        super().__init__()
        self.d, self.rounds = d, rounds
        self.lstm = nn.LSTM(2 * d, d)

    def forward(self, x, keep):
        n = x.size(0)
        q_star = x.new_zeros(1, n, 2 * self.d)
        state = (x.new_zeros(1, n, self.d), x.new_zeros(1, n, self.d))
        for _ in range(self.rounds):
            q, state = self.lstm(q_star, state)
            q = q.squeeze(0)
            e = torch.einsum("nld,nd->nl", x, q).masked_fill(~keep, float("-inf"))
            r = torch.einsum("nl,nld->nd", e.softmax(1), x)
            q_star = torch.cat([q, r], dim=1).unsqueeze(0)
        return q_star.squeeze(0)


phi, pool, rho = nn.Linear(2, 8), Set2Set(8, 3), nn.Linear(16, 1)
opt = torch.optim.Adam([*phi.parameters(), *pool.parameters(), *rho.parameters()], lr=0.01)
for it in range(20):
    sizes = torch.randint(2, 7, (14,))
    keep = torch.arange(6)[None] < sizes[:, None]
    x = torch.randn(14, 6, 2) * keep.unsqueeze(-1)
    y = x[..., 0].masked_fill(~keep, -9.0).amax(1)
    loss = nn.functional.mse_loss(rho(pool(torch.relu(phi(x)), keep)).squeeze(1), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
print("max of a set, mse %.4f" % loss.item())
