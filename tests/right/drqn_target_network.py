import copy

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(52)


class DRQN(nn.Module):
    def __init__(self, obs=4, hid=12, acts=3):
        super().__init__()
        self.rnn = nn.LSTM(obs, hid, batch_first=True)
        self.q = nn.Linear(hid, acts)

    def forward(self, x, state=None):
        y, state = self.rnn(x, state)
        return self.q(y), state


online = DRQN()
target = copy.deepcopy(online).requires_grad_(False)
target.eval()
opt = torch.optim.Adam(online.parameters(), lr=3e-3)
gamma, N, L, BURN = 0.9, 10, 8, 3

for it in range(12):
    obs = torch.randn(N, L + 1, 4)
    act = torch.randint(0, 3, (N, L))
    rew = (act == obs[:, :-1, :3].argmax(-1)).float()
    done = (torch.arange(L) == L - 1).float().expand(N, L)
    # burn-in only warms the state up
    with torch.no_grad():
        _, s_on = online(obs[:, :BURN])
        _, s_tg = target(obs[:, :BURN])
    q, _ = online(obs[:, BURN:], s_on)
    q_sa = q[:, :-1].gather(2, act[:, BURN:].unsqueeze(2)).squeeze(2)
    with torch.no_grad():
        best = q[:, 1:].argmax(2, keepdim=True)  # double DQN
        nxt = target(obs[:, BURN:], s_tg)[0][:, 1:].gather(2, best).squeeze(2)
        td = rew[:, BURN:] + gamma * (1 - done[:, BURN:]) * nxt
    loss = F.smooth_l1_loss(q_sa, td)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 4 == 3:
        target.load_state_dict(online.state_dict())
        print(it, round(loss.item(), 4))
