"""Classic pre-1.1 style: sort by length, pack, run, unpack, unsort by index_select."""

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence as pack
from torch.nn.utils.rnn import pad_packed_sequence as unpack

torch.manual_seed(8)


class SortedBiLSTM(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.lstm = nn.LSTM(d, h, bidirectional=True)

    def forward(self, x, lengths):
        # x is (N, L, d)
        s_len, order = torch.sort(lengths, descending=True)
        _, inverse = torch.sort(order)
        xs = x.index_select(0, order).transpose(0, 1)
        out, (h, c) = self.lstm(pack(xs, s_len.tolist()))
        out, _ = unpack(out)
        out = out.transpose(0, 1).index_select(0, inverse)
        h = torch.cat([h[0], h[1]], dim=1).index_select(0, inverse)
        return out, h


enc = SortedBiLSTM(6, 7)
fc_tok, fc_sent = nn.Linear(14, 1), nn.Linear(14, 2)
opt = torch.optim.Adam([p for m in (enc, fc_tok, fc_sent) for p in m.parameters()], lr=0.01)

for it in range(20):
    lengths = torch.randint(2, 10, (12,))
    lengths[0] = 9
    x = torch.randn(12, 9, 6)
    mask = torch.arange(9).unsqueeze(0) < lengths.unsqueeze(1)
    x = x * mask.unsqueeze(-1).float()
    y_tok = (x.mean(-1) > 0).float()
    y_sent = (x.sum((1, 2)) > 0).long()
    out, h = enc(x, lengths)
    tok_loss = nn.functional.binary_cross_entropy_with_logits(
        fc_tok(out).squeeze(-1)[mask], y_tok[mask]
    )
    sent_loss = nn.functional.cross_entropy(fc_sent(h), y_sent)
    loss = tok_loss + sent_loss
    opt.zero_grad()
    loss.backward()
    opt.step()
print("token %.4f sentence %.4f" % (tok_loss.item(), sent_loss.item()))
