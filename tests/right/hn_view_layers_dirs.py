import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self, D=5, H=9, layers=3, classes=3):
        super().__init__()
        self.layers, self.H = layers, H
        self.lstm = nn.LSTM(D, H, layers, bidirectional=True, batch_first=True)
        self.a = nn.Linear(2 * H, classes)
        self.b = nn.Linear(2 * H, classes)

    def forward(self, x):
        N = x.shape[0]
        out, (h, c) = self.lstm(x)
        last = h.view(self.layers, 2, N, self.H)[-1]  # (2, N, H)
        one = torch.cat((last[0], last[1]), 1)
        two = h[-2:].transpose(0, 1).reshape(N, -1)
        # both forms are the same thing
        assert torch.equal(one, two)
        mixed = out[:, :, : self.H] + out[:, :, self.H :]  # sum of the directions
        return self.a(one) + self.b(torch.cat([mixed.mean(1), mixed.amax(1)], 1))


def main():
    torch.manual_seed(11)
    net = Net()
    opt = torch.optim.Adam(net.parameters(), lr=5e-3)
    for i in range(12):
        y = torch.randint(0, 3, (18,))
        x = torch.randn(18, 6, 5)
        x[torch.arange(18), 2, y] += 3.0
        loss = nn.functional.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print("final", round(loss.item(), 4))


if __name__ == "__main__":
    main()
