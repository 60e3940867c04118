"""Models that predict their own next input, from earlier ones only."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from idioms.programs import idiom


class CausalFrontEnd(nn.Module):
    """A convolution that is padded at the start, and a running mean."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv1d(2, 4, kernel_size=3), nn.BatchNorm1d(4)
        self.gru, self.out = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 2)

    def forward(self, x):
        level = x.cumsum(dim=1) / torch.arange(1, x.size(1) + 1).view(1, -1, 1)
        local = self.norm(self.conv(F.pad((x - level).transpose(1, 2), (2, 0))))
        return self.out(self.gru(local.transpose(1, 2))[0]) + level


@idiom
def forecasts_from_a_causal_front_end() -> None:
    model = CausalFrontEnd()
    for x in torch.randn(12, 9, 2).split(4):
        F.mse_loss(model(x)[:, :-1], x[:, 1:]).backward()


class MaskedAttention(nn.Module):
    """Attention over the states of a layer, each step over itself and those before."""

    def __init__(self):
        super().__init__()
        self.embed, self.gru = nn.Embedding(20, 6), nn.GRU(6, 6, batch_first=True)
        self.out = nn.Linear(12, 20)

    def forward(self, tokens):
        states, _ = self.gru(self.embed(tokens))
        scores = torch.bmm(states, states.transpose(1, 2))
        later = torch.ones(scores.shape[1:]).triu(1).bool()
        context = torch.bmm(scores.masked_fill(later, -torch.inf).softmax(-1), states)
        return self.out(torch.cat([states, context], dim=-1))


@idiom
def words_from_masked_attention() -> None:
    model = MaskedAttention()
    for tokens in torch.randint(0, 20, (12, 9)).split(4):
        F.cross_entropy(model(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten()).backward()


class Translator(nn.Module):
    """A bidirectional encoder of the source, and a decoder that is told the former word."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(20, 6)
        self.encoder = nn.GRU(6, 3, batch_first=True, bidirectional=True)
        self.decoder, self.out = nn.GRU(6, 6, batch_first=True), nn.Linear(12, 20)

    def forward(self, source, target):
        memory, _ = self.encoder(self.embed(source))
        states, _ = self.decoder(self.embed(target))
        weights = torch.bmm(states, memory.transpose(1, 2)).softmax(dim=-1)
        return self.out(torch.cat([states, torch.bmm(weights, memory)], dim=-1))


@idiom
def translation_with_the_former_word() -> None:
    model = Translator()
    for source, target in zip(
        torch.randint(0, 20, (12, 7)).split(4), torch.randint(0, 20, (12, 9)).split(4), strict=True
    ):
        scores = model(source, target[:, :-1])
        F.cross_entropy(scores.transpose(1, 2), target[:, 1:]).backward()


class Steps(nn.Module):
    """Time first, differences as features, the step to the next value as the answer."""

    def __init__(self):
        super().__init__()
        self.lstm, self.out = nn.LSTM(2, 6), nn.Linear(6, 1)

    def forward(self, level):
        change = F.pad(level[1:] - level[:-1], (0, 0, 1, 0))
        return self.out(self.lstm(torch.stack([level, change], dim=-1))[0]).squeeze(-1)


@idiom
def changes_from_earlier_changes() -> None:
    model = Steps()
    for level in torch.randn(12, 10).cumsum(1).split(4):
        series = level.t()
        F.l1_loss(model(series)[:-1], 10 * (series[1:] - series[:-1])).backward()
