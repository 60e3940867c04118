import torch
from torch import nn, optim

torch.manual_seed(30)


def run():
    # three long independent series, truncated backprop through time with k = 10
    series = torch.stack(
        [torch.sin(torch.arange(121.0) * w) for w in (0.2, 0.31, 0.45)], 1
    ).unsqueeze(2)
    rnn, lin = nn.LSTM(1, 16, num_layers=2), nn.Linear(16, 1)
    opt = optim.Adam(list(rnn.parameters()) + list(lin.parameters()), 0.01)
    k = 10
    for epoch in range(2):
        hx = None
        losses = []
        for start in range(0, 120, k):
            inp = series[start : start + k]
            tgt = series[start + 1 : start + k + 1]
            if hx is not None:
                hx = (hx[0].detach(), hx[1].detach())
            y, hx = rnn(inp, hx)
            loss = (lin(y) - tgt).square().mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
            losses.append(loss.item())
        print(epoch, "%.4f %.4f" % (losses[0], losses[-1]))
    # free running
    rnn.eval()
    with torch.no_grad():
        y, hx = rnn(series[:40])
        cur = lin(y[-1:])
        path = []
        for _ in range(10):
            path.append(cur)
            y, hx = rnn(cur, hx)
            cur = lin(y)
        path = torch.cat(path)
    print(tuple(path.shape))


run()
