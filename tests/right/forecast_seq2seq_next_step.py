import torch
import torch.nn as nn

torch.manual_seed(67)
# one-step-ahead at every position (input x[:-1], target x[1:]), then rolled out
N, T = 10, 25


def series(n):
    amp, ph = 0.5 + torch.rand(n, 1), 6 * torch.rand(n, 1)
    return (amp * torch.sin(torch.arange(float(T)) * 0.5 + ph)).unsqueeze(-1)


rnn, fc = nn.LSTM(1, 20, 2, batch_first=True), nn.Linear(20, 1)
params = list(rnn.parameters()) + list(fc.parameters())
opt = torch.optim.Adam(params, lr=0.01)
for it in range(25):
    x = series(N)
    pred = fc(rnn(x[:, :-1])[0]) + x[:, :-1]  # predicts the difference
    loss = (pred - x[:, 1:]).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()

with torch.no_grad():
    x = series(5)
    ctx, future = x[:, :20], x[:, 20:]
    y, state = rnn(ctx)
    cur = fc(y[:, -1:]) + ctx[:, -1:]
    preds = [cur]
    while len(preds) < future.size(1):
        y, state = rnn(cur, state)
        cur = fc(y) + cur
        preds.append(cur)
    preds = torch.cat(preds, dim=1)
    naive = ctx[:, -1:].expand_as(future)
    print(
        "one step %.5f" % loss.item(),
        "rollout %.4f naive %.4f"
        % ((preds - future).pow(2).mean().item(), (naive - future).pow(2).mean().item()),
    )
