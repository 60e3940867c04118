"""Batches are made of samples of the same length, so there is no padding anywhere."""

import random
from collections import defaultdict

import torch
import torch.nn as nn


def buckets(samples, size):
    by_len = defaultdict(list)
    for s in samples:
        by_len[len(s[0])].append(s)
    out = []
    for group in by_len.values():
        random.shuffle(group)
        out += [group[i : i + size] for i in range(0, len(group), size)]
    random.shuffle(out)
    return out


def sample():
    x = torch.randn(random.randint(2, 7), 2)
    return x, x[:, 0].max() > x[:, 1].max()


def main():
    random.seed(5)
    torch.manual_seed(123)
    data = [sample() for _ in range(120)]
    rnn = nn.GRU(2, 12, bidirectional=True, batch_first=True)
    fc = nn.Linear(24, 1)
    opt = torch.optim.Adam([*rnn.parameters(), *fc.parameters()], lr=0.01)
    for epoch in range(2):
        total = 0.0
        for b in buckets(data, 12):
            x = torch.stack([s[0] for s in b])
            y = torch.stack([s[1] for s in b]).float()
            out, hn = rnn(x)
            logit = fc(out.amax(1)).squeeze(1)
            loss = nn.functional.binary_cross_entropy_with_logits(logit, y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(b)
        print(epoch, round(total / len(data), 4))


main()
