# Bidirectional language model, ELMo style: forward LM predicts the next token from the past,
# backward LM the previous one from the future. The directions never see their own target.
import torch
import torch.nn as nn

torch.manual_seed(110)
V, E, H, N, L = 15, 8, 16, 10, 9
emb = nn.Embedding(V, E)
birnn = nn.LSTM(E, H, bidirectional=True, batch_first=True)
fw_out, bw_out = nn.Linear(H, V), nn.Linear(H, V)
mods = nn.ModuleList([emb, birnn, fw_out, bw_out])
opt = torch.optim.Adam(mods.parameters(), lr=0.01)
for i in range(18):
    tok = (torch.randint(0, V, (N, 1)) + 2 * torch.arange(L)) % V
    y, _ = birnn(emb(tok))  # one layer: the halves are independent
    f, b = y.chunk(2, dim=-1)
    loss_f = nn.functional.cross_entropy(fw_out(f[:, :-1]).transpose(1, 2), tok[:, 1:])
    loss_b = nn.functional.cross_entropy(bw_out(b[:, 1:]).transpose(1, 2), tok[:, :-1])
    loss = (loss_f + loss_b) / 2
    opt.zero_grad()
    loss.backward()
    opt.step()
print("%.4f %.4f" % (loss_f.item(), loss_b.item()))
