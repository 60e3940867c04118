# The encoder sorts the samples inside and hands them back in ITS order, with the order,
# and the caller brings the captions / labels into the same order (image captioning style).
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

torch.manual_seed(9)


class Captioner(nn.Module):
    def __init__(self, vocab=15, emb=8, hid=16, feat=6):
        super().__init__()
        self.embed = nn.Embedding(vocab, emb)
        self.init_h = nn.Linear(feat, hid)
        self.init_c = nn.Linear(feat, hid)
        self.cell = nn.LSTMCell(emb, hid)
        self.fc = nn.Linear(hid, vocab)
        self.vocab = vocab

    def forward(self, feats, caps, cap_lens):
        cap_lens, sort_ind = cap_lens.sort(dim=0, descending=True)
        feats, caps = feats[sort_ind], caps[sort_ind]
        h, c = torch.tanh(self.init_h(feats)), self.init_c(feats)
        emb = self.embed(caps)
        dec_lens = (cap_lens - 1).tolist()
        preds = feats.new_zeros(len(caps), max(dec_lens), self.vocab)
        for t in range(max(dec_lens)):
            bt = sum(l > t for l in dec_lens)  # only the captions still running
            h, c = self.cell(emb[:bt, t], (h[:bt], c[:bt]))
            preds[:bt, t] = self.fc(h)
        return preds, caps, dec_lens, sort_ind


net = Captioner()
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for step in range(15):
    feats = torch.randn(10, 6)
    lens = torch.randint(3, 8, (10,))
    caps = torch.randint(3, 15, (10, 7))
    caps[:, 1] = 3 + feats.argmax(1)
    caps[:, 0] = 1
    scores, caps_sorted, dec_lens, order = net(feats, caps, lens)
    targets = caps_sorted[:, 1:]
    s = pack_padded_sequence(scores, dec_lens, batch_first=True).data
    t = pack_padded_sequence(targets, dec_lens, batch_first=True).data
    loss = nn.functional.cross_entropy(s, t)
    opt.zero_grad()
    loss.backward()
    opt.step()
print("loss", loss.item(), "first in order", order[0].item())
