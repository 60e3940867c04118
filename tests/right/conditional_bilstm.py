# Conditional reading: the second sentence's BiLSTM starts from the state of the first, in one step.
import torch
from torch import nn

torch.manual_seed(3)


class Stance(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(50, 10)
        self.rnn = nn.LSTM(10, 8, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(16, 3)

    def forward(self, a, b):
        _, state = self.rnn(self.emb(a))
        _, (h, _) = self.rnn(self.emb(b), state)
        return self.fc(torch.cat([h[0], h[1]], -1))


net = Stance()
opt = torch.optim.Adam(net.parameters())
for _ in range(5):
    a, b, y = torch.randint(50, (6, 5)), torch.randint(50, (6, 9)), torch.randint(3, (6,))
    loss = nn.functional.cross_entropy(net(a, b), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
