import torch
import torch.nn as nn

torch.manual_seed(33)
# time-major seq2seq with Luong dot attention, fixed lengths
V, E, H, S, N = 11, 8, 16, 6, 12
emb = nn.Embedding(V, E)
enc = nn.LSTM(E, H)
dec = nn.LSTM(E, H)
comb = nn.Linear(2 * H, H)
out = nn.Linear(H, V)
mods = nn.ModuleList([emb, enc, dec, comb, out])
opt = torch.optim.Adam(mods.parameters(), lr=0.01)


def forward(src, dec_in):
    mem, state = enc(emb(src))  # (S, N, H)
    q, _ = dec(emb(dec_in), state)  # (T, N, H)
    score = torch.einsum("tnh,snh->tns", q, mem)
    w = score.softmax(dim=-1)
    ctx = torch.einsum("tns,snh->tnh", w, mem)
    return out(torch.tanh(comb(torch.cat([q, ctx], -1))))


for step in range(20):
    src = torch.randint(1, V, (S, N))
    tgt = src.flip(0)
    dec_in = torch.cat([torch.zeros(1, N, dtype=torch.long), tgt[:-1]])
    logits = forward(src, dec_in)
    loss = nn.functional.cross_entropy(logits.view(-1, V), tgt.reshape(-1))
    opt.zero_grad()
    loss.backward()
    opt.step()
print("perplexity", round(loss.exp().item(), 3))
