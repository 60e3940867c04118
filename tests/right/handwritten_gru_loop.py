# No torch recurrent layer: a GRU from matrices, a loop over time, manual parameter list.
import torch

torch.manual_seed(80)
D, H, T, N = 3, 12, 9, 14


def mat(*shape):
    return (torch.randn(*shape) / shape[0] ** 0.5).requires_grad_()


Wz, Wr, Wc = mat(D, H), mat(D, H), mat(D, H)
Uz, Ur, Uc = mat(H, H), mat(H, H), mat(H, H)
bz, br, bc = (torch.zeros(H, requires_grad=True) for _ in range(3))
V, v0 = mat(H, 1), torch.zeros(1, requires_grad=True)
theta = [Wz, Wr, Wc, Uz, Ur, Uc, bz, br, bc, V, v0]


def gru(x):
    h = torch.zeros(x.shape[1], H)
    states = []
    for x_t in x:
        z = torch.sigmoid(x_t @ Wz + h @ Uz + bz)
        r = torch.sigmoid(x_t @ Wr + h @ Ur + br)
        c = torch.tanh(x_t @ Wc + (r * h) @ Uc + bc)
        h = (1 - z) * h + z * c
        states.append(h)
    return torch.stack(states)


lr, losses = 0.1, []
for it in range(25):
    x = torch.randn(T, N, D)
    y = x[:, :, 0].cumsum(0) / 3
    loss = ((gru(x) @ V + v0).squeeze(-1) - y).pow(2).mean()
    grads = torch.autograd.grad(loss, theta)
    with torch.no_grad():
        for p, g in zip(theta, grads):
            p -= lr * g
    losses.append(loss.item())
print("%.4f -> %.4f" % (losses[0], losses[-1]))
