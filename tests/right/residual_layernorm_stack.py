import torch
import torch.nn as nn

torch.manual_seed(69)


class ResBlock(nn.Module):
    def __init__(self, d, p=0.1):
        super().__init__()
        self.norm = nn.LayerNorm(d)
        self.rnn = nn.LSTM(d, d, batch_first=True)
        self.drop = nn.Dropout(p)

    def forward(self, x, state=None):
        y, state = self.rnn(self.norm(x), state)
        return x + self.drop(y), state


class ResNetLM(nn.Module):
    def __init__(self, v, d, depth):
        super().__init__()
        self.emb = nn.Embedding(v, d)
        self.blocks = nn.ModuleList([ResBlock(d) for _ in range(depth)])
        self.out = nn.Linear(d, v)

    def forward(self, x):
        h = self.emb(x)
        for blk in self.blocks:
            h, _ = blk(h)
        return self.out(h)


V = 14
net = ResNetLM(V, 14, 3)  # vocabulary == width, on purpose
opt = torch.optim.AdamW(net.parameters(), lr=5e-3)
for it in range(15):
    seq = (torch.randint(0, V, (10, 1)) + 3 * torch.arange(12)) % V
    logits = net(seq[:, :-1])
    loss = nn.functional.cross_entropy(logits.permute(0, 2, 1), seq[:, 1:])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 7 == 0:
        print(it, "%.4f" % loss.item())
