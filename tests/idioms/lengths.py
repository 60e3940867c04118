"""Sequences of different lengths: picked, masked, packed."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from idioms.programs import idiom


@idiom
def gathered_at_the_last_real_step() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
    lengths = torch.tensor([5, 3, 2])
    x = pad_sequence([torch.randn(n, 4) for n in lengths.tolist()], batch_first=True)
    output, _ = gru(x)
    index = (lengths - 1).view(-1, 1, 1).expand(-1, 1, 6)
    last = output.gather(1, index).squeeze(1)
    F.cross_entropy(head(last), torch.tensor([0, 1, 2])).backward()


@idiom
def padded_at_the_start_and_read_at_the_end() -> None:
    if "padding_side" not in str(pad_sequence.__doc__):
        return  # an older torch pads at the end only
    embed, gru = nn.Embedding(20, 4, padding_idx=0), nn.GRU(4, 6, batch_first=True)
    for _ in range(2):
        words = [torch.randint(1, 20, (n,)) for n in (5, 3, 2)]
        output, _ = gru(embed(pad_sequence(words, batch_first=True, padding_side="left")))
        F.cross_entropy(nn.Linear(6, 3)(output[:, -1]), torch.tensor([0, 1, 2])).backward()


@idiom
def indexed_at_the_last_real_step() -> None:
    gru, head = nn.GRU(4, 6), nn.Linear(6, 3)
    lengths = torch.tensor([5, 3, 2])
    x = pad_sequence([torch.randn(n, 4) for n in lengths.tolist()])
    output, _ = gru(x)
    last = output[lengths - 1, torch.arange(3)]
    F.cross_entropy(head(last), torch.tensor([0, 1, 2])).backward()


@idiom
def masked_loss_over_padding() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 1)
    lengths = torch.tensor([5, 3, 2])
    x = pad_sequence([torch.randn(n, 4) for n in lengths.tolist()], batch_first=True)
    mask = torch.arange(5)[None] < lengths[:, None]
    output, _ = gru(x)
    error = (head(output).squeeze(-1) - torch.randn(3, 5)).pow(2)
    ((error * mask).sum() / mask.sum()).backward()


@idiom
def masked_mean_over_time() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
    lengths = torch.tensor([5, 3, 2])
    x = pad_sequence([torch.randn(n, 4) for n in lengths.tolist()], batch_first=True)
    packed = pack_padded_sequence(x, lengths, batch_first=True)
    output, _ = pad_packed_sequence(gru(packed)[0], batch_first=True)
    mean = output.sum(1) / lengths[:, None]
    F.cross_entropy(head(mean), torch.tensor([0, 1, 2])).backward()


@idiom
def masked_attention() -> None:
    gru, score = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 1)
    head = nn.Linear(6, 3)
    lengths = torch.tensor([5, 3, 2])
    x = pad_sequence([torch.randn(n, 4) for n in lengths.tolist()], batch_first=True)
    mask = torch.arange(5)[None] < lengths[:, None]
    packed = pack_padded_sequence(x, lengths, batch_first=True)
    output, _ = pad_packed_sequence(gru(packed)[0], batch_first=True)
    weights = score(output).squeeze(-1).masked_fill(~mask, float("-inf")).softmax(1)
    pooled = torch.bmm(weights.unsqueeze(1), output).squeeze(1)
    F.cross_entropy(head(pooled), torch.tensor([0, 1, 2])).backward()


@idiom
def sorted_packed_and_put_back() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(12, 3)
    x, lengths = torch.randn(4, 5, 4), torch.tensor([2, 5, 3, 4])
    ordered, index = lengths.sort(descending=True)
    back = index.argsort()
    packed = pack_padded_sequence(x.index_select(0, index), ordered, batch_first=True)
    output, h_n = gru(packed)
    output, _ = pad_packed_sequence(output, batch_first=True)
    output, h_n = output.index_select(0, back), h_n.index_select(1, back)
    both = torch.cat([output[torch.arange(4), lengths - 1], h_n[-1]], -1)
    F.cross_entropy(head(both), torch.tensor([0, 1, 2, 0])).backward()


@idiom
def unpacked_steps_first_then_turned() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
    words = [torch.randn(n, 4) for n in (5, 3, 2)]
    tags = pad_sequence([torch.randint(0, 3, (n,)) for n in (5, 3, 2)], True, -1)
    packed = pack_padded_sequence(pad_sequence(words, True), [5, 3, 2], batch_first=True)
    output, _ = pad_packed_sequence(gru(packed)[0])
    scores = head(output.transpose(0, 1))
    F.cross_entropy(scores.reshape(-1, 3), tags.reshape(-1), ignore_index=-1).backward()


@idiom
def sorted_by_hand_with_the_states() -> None:
    speaker, gru, head = nn.Embedding(9, 6), nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
    for _ in range(2):
        x, lengths = torch.randn(5, 7, 4), torch.tensor([3, 7, 2, 6, 4])
        start = torch.tanh(speaker(torch.randint(0, 9, (5,)))).unsqueeze(0)
        lengths, order = lengths.sort(descending=True)
        packed = pack_padded_sequence(x[order], lengths, batch_first=True)
        _, h_n = gru(packed, start[:, order])
        scores = head(h_n[-1][order.argsort()])
        F.cross_entropy(scores, torch.randint(0, 3, (5,))).backward()


@idiom
def states_that_torch_sorts_itself() -> None:
    speaker, gru, head = nn.Embedding(9, 6), nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
    for _ in range(2):
        x, lengths = torch.randn(5, 7, 4), torch.tensor([3, 7, 2, 6, 4])
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        _, h_n = gru(packed, speaker(torch.randint(0, 9, (5,))).unsqueeze(0))
        F.cross_entropy(head(h_n[-1]), torch.randint(0, 3, (5,))).backward()
