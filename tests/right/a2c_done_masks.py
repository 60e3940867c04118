import torch
import torch.nn as nn
from torch.distributions import Categorical

torch.manual_seed(49)


class ACNet(nn.Module):
    def __init__(self, obs=3, hid=16, acts=2):
        super().__init__()
        self.cell = nn.LSTMCell(obs, hid)
        self.pi, self.v = nn.Linear(hid, acts), nn.Linear(hid, 1)

    def forward(self, obs, state, mask):
        h, c = state
        h, c = self.cell(obs, (h * mask, c * mask))  # a finished episode starts from zero
        return Categorical(logits=self.pi(h)), self.v(h).squeeze(-1), (h, c)


class Envs:
    """Recall: a cue is shown at the first step only; reward at the end for repeating it."""

    def __init__(self, n, length=4):
        self.n, self.length = n, length
        self.t = torch.zeros(n, dtype=torch.long)
        self.cue = torch.randint(0, 2, (n,))

    def obs(self):
        first = self.t == 0
        o = torch.zeros(self.n, 3)
        o[first, self.cue[first]] = 1.0
        o[:, 2] = self.t.float() / self.length
        return o

    def step(self, a):
        self.t += 1
        done = self.t >= self.length
        r = ((a == self.cue) & done).float()
        self.cue = torch.where(done, torch.randint(0, 2, (self.n,)), self.cue)
        self.t = torch.where(done, torch.zeros_like(self.t), self.t)
        return self.obs(), r, done.float()


N, STEPS, gamma = 8, 8, 0.95
env, net = Envs(N), ACNet()
opt = torch.optim.Adam(net.parameters(), lr=7e-3)
obs, mask = env.obs(), torch.zeros(N, 1)
state = (torch.zeros(N, 16), torch.zeros(N, 16))
for update in range(15):
    state = tuple(s.detach() for s in state)
    logs, vals, rews, dones, ents = [], [], [], [], []
    for _ in range(STEPS):
        dist, v, state = net(obs, state, mask)
        a = dist.sample()
        logs.append(dist.log_prob(a))
        vals.append(v)
        ents.append(dist.entropy())
        obs, r, d = env.step(a)
        mask = (1 - d).unsqueeze(1)
        rews.append(r)
        dones.append(d)
    with torch.no_grad():
        R = net(obs, state, mask)[1]
    loss = 0.0
    for t in reversed(range(STEPS)):
        R = rews[t] + gamma * R * (1 - dones[t])
        adv = R - vals[t]
        loss = loss + (-logs[t] * adv.detach() + 0.5 * adv.pow(2) - 0.01 * ents[t]).mean()
    opt.zero_grad()
    (loss / STEPS).backward()
    opt.step()
print("loss", round(loss.item(), 4), "reward", round(torch.stack(rews).mean().item(), 4))
