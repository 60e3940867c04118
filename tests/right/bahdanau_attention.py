import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(32)


class BahdanauAttention(nn.Module):
    def __init__(self, enc, dec, att):
        super().__init__()
        self.W = nn.Linear(enc, att, bias=False)
        self.U = nn.Linear(dec, att, bias=False)
        self.v = nn.Linear(att, 1, bias=False)

    def forward(self, keys, query, pad):
        e = self.v(torch.tanh(self.W(keys) + self.U(query).unsqueeze(1))).squeeze(2)
        a = F.softmax(e.masked_fill(pad, -1e9), dim=1)
        return torch.bmm(a.unsqueeze(1), keys).squeeze(1), a


class AttnSeq2Seq(nn.Module):
    def __init__(self, v=12, e=8, h=12):
        super().__init__()
        self.v = v
        self.emb = nn.Embedding(v, e, padding_idx=0)
        self.enc = nn.GRU(e, h, bidirectional=True, batch_first=True)
        self.bridge = nn.Linear(2 * h, h)
        self.att = BahdanauAttention(2 * h, h, 10)
        self.cell = nn.GRUCell(e + 2 * h, h)
        self.out = nn.Linear(h + 2 * h + e, v)

    def forward(self, src, lens, dec_in):
        packed = nn.utils.rnn.pack_padded_sequence(
            self.emb(src), lens, batch_first=True, enforce_sorted=False
        )
        keys, hn = self.enc(packed)
        keys, _ = nn.utils.rnn.pad_packed_sequence(keys, batch_first=True)
        h = torch.tanh(self.bridge(torch.cat([hn[0], hn[1]], 1)))
        pad = torch.arange(keys.size(1)).unsqueeze(0) >= lens.unsqueeze(1)
        outs = []
        for t in range(dec_in.size(1)):
            e = self.emb(dec_in[:, t])
            ctx, _ = self.att(keys, h, pad)
            h = self.cell(torch.cat([e, ctx], 1), h)
            outs.append(self.out(torch.cat([h, ctx, e], 1)))
        return torch.stack(outs, dim=1)


net = AttnSeq2Seq()
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for i in range(12):
    n, L = 10, 6
    lens = torch.randint(2, L + 1, (n,))
    lens[-1] = L
    src = torch.randint(2, 12, (n, L))
    src[torch.arange(L)[None] >= lens[:, None]] = 0
    dec_in = torch.cat(
        [torch.ones(n, 1, dtype=torch.long), src[:, :-1]], 1
    )  # target: the source itself
    logits = net(src, lens, dec_in)
    loss = F.cross_entropy(logits.reshape(-1, 12), src.reshape(-1), ignore_index=0)
    opt.zero_grad()
    loss.backward()
    opt.step()
print(f"{loss.item():.4f}")
