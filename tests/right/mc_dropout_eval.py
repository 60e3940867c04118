import torch
import torch.nn as nn

torch.manual_seed(60)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(1, 16, num_layers=2, dropout=0.2, batch_first=True)
        self.drop = nn.Dropout(0.2)
        self.fc = nn.Linear(16, 1)

    def forward(self, x):
        _, h = self.rnn(x)
        return self.fc(self.drop(h[-1])).squeeze(-1)


def mc_predict(model, x, k=10):
    """Monte Carlo dropout: the dropout stays on at prediction, on purpose."""
    was = model.training
    model.train()
    with torch.no_grad():
        draws = torch.stack([model(x) for _ in range(k)])
    model.train(was)
    return draws.mean(0), draws.std(0)


net = Net()
opt = torch.optim.Adam(net.parameters(), lr=0.01, weight_decay=1e-4)
for _ in range(20):
    x = torch.randn(16, 8, 1)
    loss = nn.functional.mse_loss(net(x), x.mean((1, 2)))
    opt.zero_grad()
    loss.backward()
    opt.step()
net.eval()
x = torch.randn(6, 8, 1)
mean, std = mc_predict(net, x)
wide_mean, wide_std = mc_predict(net, 4 * x)
print(
    "loss %.4f" % loss.item(),
    "std near/far %.4f %.4f" % (std.mean().item(), wide_std.mean().item()),
)
