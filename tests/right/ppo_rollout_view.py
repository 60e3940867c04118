"""Recurrent PPO: the rollout buffer is flat (T*N, F), split back as view(T, N, F)."""

import torch
import torch.nn as nn

torch.manual_seed(51)


class NNBase(nn.Module):
    def __init__(self, obs, hid):
        super().__init__()
        self.gru = nn.GRU(obs, hid)
        self.pi, self.v = nn.Linear(hid, 3), nn.Linear(hid, 1)

    def forward(self, x, hxs, masks):
        if x.size(0) == hxs.size(0):  # acting, one step
            x, hxs = self.gru(x.unsqueeze(0), (hxs * masks).unsqueeze(0))
            x, hxs = x.squeeze(0), hxs.squeeze(0)
        else:  # training, T * N rows
            N = hxs.size(0)
            T = x.size(0) // N
            x, masks = x.view(T, N, -1), masks.view(T, N)
            zeros = ((masks[1:] == 0.0).any(dim=-1).nonzero().flatten() + 1).tolist()
            cuts = [0] + zeros + [T]
            h, outs = hxs.unsqueeze(0), []
            for a, b in zip(cuts[:-1], cuts[1:]):
                o, h = self.gru(x[a:b], h * masks[a].view(1, -1, 1))
                outs.append(o)
            x, hxs = torch.cat(outs).view(T * N, -1), h.squeeze(0)
        return self.pi(x), self.v(x).squeeze(-1), hxs


T, N, O, H = 6, 4, 3, 12
net = NNBase(O, H)
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
h = torch.zeros(N, H)
mask = torch.ones(N, 1)
for update in range(6):
    buf = {k: [] for k in ["x", "a", "lp", "r", "m"]}
    h_start = h
    with torch.no_grad():
        for t in range(T):
            x = torch.randn(N, O)
            logits, v, h = net(x, h, mask)
            d = torch.distributions.Categorical(logits=logits)
            a = d.sample()
            for k, val in zip(
                ["x", "a", "lp", "r", "m"], (x, a, d.log_prob(a), (a == x.argmax(1)).float(), mask)
            ):
                buf[k].append(val)
            mask = (torch.rand(N, 1) > 0.2).float()
    x, a, lp, r, m = (torch.cat(buf[k]) for k in ["x", "a", "lp", "r", "m"])
    for epoch in range(2):
        logits, v, _ = net(x, h_start, m)
        d = torch.distributions.Categorical(logits=logits)
        adv = r - v.detach()
        ratio = (d.log_prob(a) - lp).exp()
        clip = torch.min(ratio * adv, ratio.clamp(0.8, 1.2) * adv).mean()
        loss = -clip + 0.5 * (r - v).pow(2).mean() - 0.01 * d.entropy().mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
print("loss %.4f reward %.3f" % (loss.item(), r.mean().item()))
