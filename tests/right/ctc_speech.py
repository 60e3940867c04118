"""Strided conv + packed bidirectional LSTM + CTC; lengths go through the stride."""

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

torch.manual_seed(108)


class Acoustic(nn.Module):
    def __init__(self, d=4, h=10, labels=5):
        super().__init__()
        self.conv = nn.Conv1d(d, h, kernel_size=2, stride=2)
        self.rnn = nn.LSTM(h, h, bidirectional=True)
        self.fc = nn.Linear(2 * h, labels)

    def forward(self, x, lens):
        y = torch.relu(self.conv(x.transpose(1, 2))).permute(2, 0, 1)
        lens = torch.div(lens, 2, rounding_mode="floor")
        p = pack_padded_sequence(y, lens, enforce_sorted=False)
        y, _ = pad_packed_sequence(self.rnn(p)[0])
        return self.fc(y).log_softmax(-1), lens


proto = torch.randn(5, 4) * 2
net = Acoustic()
opt = torch.optim.Adam(net.parameters(), lr=0.02)
ctc = nn.CTCLoss(blank=0, zero_infinity=True)
for it in range(15):
    tl = torch.randint(1, 4, (8,))
    targets = [torch.randint(1, 5, (int(k),)) for k in tl]
    waves = [
        proto[t].repeat_interleave(6, dim=0) + 0.3 * torch.randn(6 * len(t), 4) for t in targets
    ]
    lens = torch.tensor([len(w) for w in waves])
    x = nn.utils.rnn.pad_sequence(waves, batch_first=True)
    logp, out_lens = net(x, lens)
    loss = ctc(logp, torch.cat(targets), out_lens, tl)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 5.0)
    opt.step()
print("ctc %.4f" % loss.item(), tuple(logp.shape)[1:])
