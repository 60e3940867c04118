"""Axes that are folded into the batch and come back: chunks, paths, nested sequences."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from idioms.programs import batches, idiom


@idiom
def time_folded_into_the_batch() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(10, 4):
        chunks = x.reshape(6 * 2, 5, 4)
        _, h_n = gru(chunks)
        F.cross_entropy(head(h_n[-1].view(6, 2, 8).mean(1)), y).backward()


@idiom
def variables_as_extra_batch() -> None:
    gru, head = nn.GRU(1, 8, batch_first=True), nn.Linear(4 * 8, 3)
    for x, y in batches(10, 4):
        series = x.permute(0, 2, 1).reshape(-1, 10, 1)
        _, h_n = gru(series)
        F.cross_entropy(head(h_n[-1].view(6, -1)), y).backward()


@idiom
def dilated_by_interleaving_into_the_batch() -> None:
    gru, head = nn.GRU(4, 8), nn.Linear(8, 3)
    for x, y in batches(10, 4):
        x = x.transpose(0, 1)
        dilated = torch.cat([x[j::2] for j in range(2)], 1)
        output, _ = gru(dilated)
        parts = output.split(6, dim=1)
        woven = torch.stack(parts).transpose(1, 0).contiguous().view(10, 6, 8)
        F.cross_entropy(head(woven[-1]), y).backward()


@idiom
def two_paths_over_chunks_and_within_them() -> None:
    within, across = nn.GRU(4, 4, batch_first=True), nn.GRU(4, 4, batch_first=True)
    head = nn.Linear(4, 3)
    for x, y in batches(4, 5, 4):
        n, chunks, steps, f = x.shape
        x, _ = within(x.reshape(n * chunks, steps, f))
        x = x.reshape(n, chunks, steps, f).transpose(1, 2).reshape(n * steps, chunks, f)
        x, _ = across(x)
        F.cross_entropy(head(x.reshape(n, steps, chunks, f).mean((1, 2))), y).backward()


@idiom
def attention_across_chunks_and_a_layer_within_them() -> None:
    """As DPTNet: what is extra batch to the layer within is time to the attention across."""
    within, across = nn.LSTM(4, 4, batch_first=True), nn.MultiheadAttention(4, 2)
    for _ in range(2):
        x = torch.randn(6, 7, 5, 4)
        n, chunks, steps, f = x.shape
        y = within(x.reshape(n * chunks, steps, f))[0].reshape(n, chunks, steps, f)
        y = y.permute(1, 0, 2, 3).reshape(chunks, n * steps, f)
        across(y, y, y)[0].pow(2).mean().backward()


@idiom
def half_overlapping_chunks_put_together() -> None:
    """(..., 12 chunks, 6 steps) read as (..., 6, 12): pairs of chunks, not exchanged axes."""
    within, across = nn.GRU(4, 4, batch_first=True), nn.GRU(4, 4, batch_first=True)
    for x, _ in batches(12, 6, 4):
        y = within(x.reshape(6 * 12, 6, 4))[0].reshape(6, 12, 6, 4).transpose(1, 2)
        y = across(y.reshape(6 * 6, 12, 4))[0].reshape(6, 6, 12, 4)
        y = y.permute(0, 3, 2, 1).contiguous().view(6, 4, -1, 2 * 6)
        y[..., :6].pow(2).mean().backward()


@idiom
def both_directions_by_hand() -> None:
    """As QuasiRNN: a copy from the end lies beside the sequence in the batch."""
    gates, head = nn.Linear(4, 8), nn.Linear(8, 3)
    for x, y in batches(10, 4):
        steps = x.permute(1, 0, 2)
        z = gates(torch.cat([steps, steps.flip(0)], 1)).tanh()
        ahead, back = z.permute(1, 0, 2).chunk(2, 0)
        both = ahead + back.flip(1)
        F.cross_entropy(head(both.mean(1)), y).backward()


class LayerWithLengths(nn.LSTM):
    """A subclass whose forward takes more than torch's own."""

    def forward(self, x, hx=None, lengths=None, enforce_sorted=True):  # type: ignore[no-untyped-def]
        packed = pack_padded_sequence(
            x, lengths, batch_first=self.batch_first, enforce_sorted=enforce_sorted
        )
        output, states = super().forward(packed, hx)
        return pad_packed_sequence(output, batch_first=self.batch_first)[0], states


class LayerBetweenConvolutions(nn.GRU):
    """Channels first in and out, as a convolution has it."""

    def forward(self, x):  # type: ignore[override]
        output, _ = super().forward(x.permute(2, 0, 1))
        return output.permute(1, 2, 0)


@idiom
def subclass_that_turns_the_axes_first() -> None:
    model = nn.Sequential(LayerBetweenConvolutions(4, 6), nn.Conv1d(6, 1, 1), nn.Flatten())
    for x in torch.randn(12, 4, 9).split(3):
        F.binary_cross_entropy_with_logits(model(x), torch.ones(3, 9)).backward()


@idiom
def subclass_with_arguments_of_its_own() -> None:
    layer, head = LayerWithLengths(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(10, 4):
        lengths = torch.tensor([10, 8, 9, 3, 4, 10])
        _, (h_n, _) = layer(x, lengths=lengths, enforce_sorted=False)
        F.cross_entropy(head(h_n[-1]), y).backward()


@idiom
def two_paths_over_one_sample() -> None:
    bands, time = nn.GRU(4, 4, batch_first=True), nn.GRU(4, 4, batch_first=True)
    x = torch.randn(1, 6, 5, 4)
    y, _ = time(x[0])
    z, _ = bands(y.transpose(0, 1).contiguous())
    z.transpose(0, 1).pow(2).mean().backward()


@idiom
def words_then_sentences_of_one_document() -> None:
    words, sentences, head = nn.GRU(4, 6, batch_first=True), nn.GRU(6, 6), nn.Linear(6, 3)
    document = torch.randn(5, 7, 4)
    _, h_n = words(document)
    output, _ = sentences(h_n[-1].unsqueeze(1))
    weights = torch.softmax(output.sum(-1), dim=0)
    F.cross_entropy(head((weights.unsqueeze(-1) * output).sum(0)), torch.tensor([1])).backward()


@idiom
def instances_of_a_bag() -> None:
    gru, score, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 1), nn.Linear(6, 2)
    for _ in range(3):
        _, h_n = gru(torch.randn(5, 7, 4))
        weights = torch.softmax(score(h_n[-1]), dim=0)
        bag = (weights * h_n[-1]).sum(dim=0, keepdim=True)
        F.cross_entropy(head(bag), torch.tensor([1])).backward()


@idiom
def cells_over_items() -> None:
    cell, head = nn.GRUCell(4, 6), nn.Linear(6, 3)
    neighbours = (torch.rand(5, 5) > 0.5).float()
    features, state = torch.randn(5, 4), torch.zeros(5, 6)
    for _ in range(3):
        state = cell(features, neighbours @ state)
    F.cross_entropy(head(state.mean(0, keepdim=True)), torch.tensor([1])).backward()


@idiom
def slots_that_compete_for_the_steps() -> None:
    cell, head = nn.GRUCell(6, 6), nn.Linear(6, 2)
    for inputs in torch.randn(12, 9, 6).split(3):
        slots = torch.randn(3, 4, 6)
        for _ in range(3):
            shares = torch.einsum("bsd,bnd->bsn", slots, inputs).softmax(dim=1)
            updates = torch.einsum("bsn,bnd->bsd", shares / shares.sum(-1, keepdim=True), inputs)
            slots = cell(updates.reshape(-1, 6), slots.reshape(-1, 6)).reshape(3, -1, 6)
        head(slots).pow(2).mean().backward()
