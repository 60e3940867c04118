import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(34)


class RNNAttnClassifier(nn.Module):
    def __init__(self, d=4, h=8, heads=2, classes=3):
        super().__init__()
        self.rnn = nn.LSTM(d, h // 2, bidirectional=True, batch_first=True)
        self.attn = nn.MultiheadAttention(h, heads, batch_first=True)
        self.norm = nn.LayerNorm(h)
        self.query = nn.Parameter(torch.randn(1, 1, h) * 0.1)
        self.fc = nn.Linear(h, classes)

    def forward(self, x, lens):
        N, L, _ = x.shape
        p = nn.utils.rnn.pack_padded_sequence(x, lens.cpu(), batch_first=True, enforce_sorted=False)
        y, _ = self.rnn(p)
        y, _ = nn.utils.rnn.pad_packed_sequence(y, batch_first=True, total_length=L)
        pad = torch.arange(L, device=x.device)[None] >= lens[:, None]
        a, _ = self.attn(y, y, y, key_padding_mask=pad, need_weights=False)
        y = self.norm(y + a)
        pooled, w = self.attn(self.query.expand(N, -1, -1), y, y, key_padding_mask=pad)
        return self.fc(pooled.squeeze(1)), w


net = RNNAttnClassifier()
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for k in range(15):
    lens = torch.randint(2, 9, (16,))
    x = torch.randn(16, 8, 4)
    y = torch.randint(0, 3, (16,))
    x[torch.arange(16), 0, y] += 4.0
    logits, w = net(x, lens)
    loss = F.cross_entropy(logits, y)
    opt.zero_grad()
    loss.backward()
    opt.step()
print("%.4f" % loss.item(), "attention sums", round(w.sum(-1).mean().item(), 3))
