import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(48)


class RNNAgent(nn.Module):
    """PyMARL-like agent: parameters shared, batch * agents rows through one GRUCell."""

    def __init__(self, obs, hid, acts):
        super().__init__()
        self.fc1 = nn.Linear(obs, hid)
        self.rnn = nn.GRUCell(hid, hid)
        self.fc2 = nn.Linear(hid, acts)

    def init_hidden(self):
        return self.fc1.weight.new_zeros(1, self.rnn.hidden_size)

    def forward(self, obs, h):
        x = F.relu(self.fc1(obs))
        h = self.rnn(x, h.reshape(-1, self.rnn.hidden_size))
        return self.fc2(h), h


B, A, T, O, U = 4, 3, 6, 5, 2
agent, mixer = RNNAgent(O, 10, U), nn.Linear(A, 1)
opt = torch.optim.RMSprop(list(agent.parameters()) + list(mixer.parameters()), lr=5e-3)
for it in range(10):
    obs = torch.randn(B, T, A, O)
    act = torch.randint(0, U, (B, T, A))
    ret = ((obs[..., 0] > 0).long() == act).float().sum(-1)  # (B, T)
    h = agent.init_hidden().unsqueeze(0).expand(B, A, -1)
    qs = []
    for t in range(T):
        q, h = agent(obs[:, t].reshape(B * A, O), h)
        qs.append(q.view(B, A, U))
    q = torch.stack(qs, dim=1).gather(3, act.unsqueeze(3)).squeeze(3)  # (B, T, A)
    loss = F.mse_loss(mixer(q).squeeze(-1), ret)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(agent.parameters(), 10)
    opt.step()
    if it in (0, 9):
        print(it, loss.item())
