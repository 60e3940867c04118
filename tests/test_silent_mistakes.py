"""Silent mistakes, each in a few lines of plain code, and the rule that must find it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader, TensorDataset

from rnnscope.recording.recorder import RECORDER
from rnnscope.watching import watch

MISTAKES: list[tuple[str, Callable[[], None]]] = []


def mistake(code: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    def keep(program: Callable[[], None]) -> Callable[[], None]:
        MISTAKES.append((code, program))
        return program

    return keep


def batches(*shape: int, classes: int = 3, shuffle: bool = True) -> DataLoader[Any]:
    data = TensorDataset(torch.randn(12, *shape), torch.randint(0, classes, (12,)))
    return DataLoader(data, batch_size=6, shuffle=shuffle)


@mistake("RNN390")
def attention_over_the_batch() -> None:
    """No loader says what the samples are: the targets do."""
    lstm, attention = nn.LSTM(4, 8, batch_first=True), nn.MultiheadAttention(8, 2)
    head = nn.Linear(8, 3)
    states, _ = lstm(torch.randn(5, 7, 4))
    mixed, _ = attention(states, states, states)
    F.cross_entropy(head(mixed[:, -1]), torch.randint(0, 3, (5,))).backward()


@mistake("RNN301")
def transposed_although_batch_first() -> None:
    lstm, head = nn.LSTM(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        output, _ = lstm(x.transpose(0, 1))
        F.cross_entropy(head(output[-1]), y).backward()


@mistake("RNN301")
def batch_first_forgotten_without_shuffling() -> None:
    lstm, head = nn.LSTM(4, 8), nn.Linear(8, 3)
    for x, y in batches(5, 4, shuffle=False):
        output, _ = lstm(x)
        F.cross_entropy(head(output[:, -1]), y).backward()


@mistake("RNN301")
def rows_of_a_table_as_steps() -> None:
    lstm, head = nn.LSTM(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(4):
        output, _ = lstm(x.unsqueeze(0))
        F.cross_entropy(head(output.squeeze(0)), y).backward()


@mistake("RNN301")
def rows_of_a_table_as_one_unbatched_sequence() -> None:
    lstm, head = nn.LSTM(4, 8), nn.Linear(8, 3)
    for x, y in batches(4):
        output, _ = lstm(x)
        F.cross_entropy(head(output), y).backward()


@mistake("RNN301")
def padded_steps_first_for_a_batch_first_layer() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    x = pad_sequence([torch.randn(n, 4) for n in (5, 4, 2)])
    output, _ = gru(x)
    F.cross_entropy(head(output.mean(0)), torch.tensor([0, 1, 2])).backward()


@mistake("RNN390")
def attention_without_batch_first() -> None:
    gru, attention = nn.GRU(4, 8, batch_first=True), nn.MultiheadAttention(8, 2)
    head = nn.Linear(8, 3)
    for x, y in batches(5, 4):
        states, _ = gru(x)
        mixed, _ = attention(states, states, states)
        F.cross_entropy(head(mixed.mean(1)), y).backward()


@mistake("RNN301")
def second_layer_without_batch_first() -> None:
    first, second, head = nn.LSTM(4, 8, batch_first=True), nn.LSTM(8, 8), nn.Linear(8, 3)
    for _ in range(2):
        states, _ = first(torch.randn(6, 5, 4))
        output, _ = second(F.dropout(states, 0.1))
        F.cross_entropy(head(output[:, -1]), torch.randint(0, 3, (6,))).backward()


@mistake("RNN301")
def latent_repeated_on_the_wrong_axis() -> None:
    encoder, decoder = nn.LSTM(4, 8, batch_first=True), nn.LSTM(8, 4, batch_first=True)
    x = torch.randn(6, 5, 4)
    _, (h_n, _) = encoder(x)
    repeated = h_n[-1].unsqueeze(0).repeat(5, 1, 1)
    output, _ = decoder(repeated)
    F.mse_loss(output.transpose(0, 1), x).backward()


@mistake("RNN303")
def frames_of_a_folded_batch_viewed_steps_first() -> None:
    frames, gru, head = nn.Linear(7, 4), nn.GRU(4, 8), nn.Linear(8, 3)
    for x, y in batches(5, 7):
        n, steps, size = x.shape
        features = frames(x.view(n * steps, size))
        output, _ = gru(features.view(n, steps, 4).reshape(steps, n, 4))
        F.cross_entropy(head(output[-1]), y).backward()


@mistake("RNN303")
def output_of_steps_first_flattened_by_rows() -> None:
    gru, head = nn.GRU(4, 8), nn.Linear(5 * 8, 3)
    for x, y in batches(5, 4):
        output, _ = gru(x.transpose(0, 1))
        F.cross_entropy(head(output.reshape(6, -1)), y).backward()


@mistake("RNN302")
def directions_merged_by_a_view() -> None:
    encoder, decoder = nn.GRU(4, 8, 2, bidirectional=True), nn.GRU(4, 16, 2)
    x = torch.randn(5, 6, 4)
    _, h_n = encoder(x)
    output, _ = decoder(x, h_n.view(2, 6, 16))
    output.pow(2).mean().backward()


@mistake("RNN310")
def state_of_the_encoder_permuted_for_the_decoder() -> None:
    encoder = nn.GRU(4, 8, 2, batch_first=True)
    decoder = nn.GRU(4, 8, 2, batch_first=True)
    x = torch.randn(2, 5, 4)
    _, h_n = encoder(x)
    output, _ = decoder(x, h_n.permute(1, 0, 2).contiguous())
    output.pow(2).mean().backward()


@mistake("RNN408")
def states_of_a_chunk_given_crosswise() -> None:
    lstm, head = nn.LSTM(4, 8), nn.Linear(8, 1)
    h, c = torch.zeros(1, 3, 8), torch.zeros(1, 3, 8)
    for _ in range(3):
        output, (h, c) = lstm(torch.randn(5, 3, 4), (c, h))
        h, c = h.detach(), c.detach()
        head(output).pow(2).mean().backward()


@mistake("RNN390")
def mean_over_the_batch() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(6, 4):
        output, _ = gru(x)
        F.cross_entropy(head(output.mean(dim=0)), y).backward()


@mistake("RNN501")
def mean_over_unpacked_padding() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    x = pad_sequence([torch.randn(n, 4) for n in (5, 3, 2)], batch_first=True)
    packed = pack_padded_sequence(x, [5, 3, 2], batch_first=True)
    output, _ = pad_packed_sequence(gru(packed)[0], batch_first=True)
    F.cross_entropy(head(output.mean(1)), torch.tensor([0, 1, 2])).backward()


@mistake("RNN501")
def attention_over_padding() -> None:
    gru, score, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 1), nn.Linear(8, 3)
    x = pad_sequence([torch.randn(n, 4) for n in (5, 3, 2)], batch_first=True)
    packed = pack_padded_sequence(x, [5, 3, 2], batch_first=True)
    output, _ = pad_packed_sequence(gru(packed)[0], batch_first=True)
    weights = score(output).squeeze(-1).softmax(1)
    pooled = torch.bmm(weights.unsqueeze(1), output).squeeze(1)
    F.cross_entropy(head(pooled), torch.tensor([0, 1, 2])).backward()


@mistake("RNN501")
def last_step_after_unpacking() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    x = pad_sequence([torch.randn(n, 4) for n in (5, 3, 2)], batch_first=True)
    packed = pack_padded_sequence(x, [5, 3, 2], batch_first=True)
    output, _ = pad_packed_sequence(gru(packed)[0], batch_first=True)
    F.cross_entropy(head(output[:, -1]), torch.tensor([0, 1, 2])).backward()


@mistake("RNN703")
def scores_of_steps_first_against_targets_of_rows_first() -> None:
    gru, head = nn.GRU(4, 8), nn.Linear(8, 3)
    data = TensorDataset(torch.randn(12, 5, 4), torch.randint(0, 3, (12, 5)))
    for x, y in DataLoader(data, batch_size=6, shuffle=True):
        output, _ = gru(x.permute(1, 0, 2))
        F.cross_entropy(head(output).reshape(-1, 3), y.reshape(-1)).backward()


@mistake("RNN701")
def column_against_row() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 1)
    for x, _ in batches(5, 4):
        _, h_n = gru(x)
        (head(h_n.squeeze(0)) - torch.randn(6)).abs().mean().backward()


@pytest.mark.parametrize(("code", "program"), MISTAKES, ids=lambda v: getattr(v, "__name__", v))
def test_the_mistake_is_found(code: str, program: Callable[[], None]) -> None:
    torch.manual_seed(0)
    with watch() as seen:
        session = seen.session
        program()
    assert session is not None
    assert not session.inquiry.failures
    assert not RECORDER.failures
    counted = [finding for finding in seen.findings if finding.severity.counts]
    assert [finding.code for finding in counted][:1] == [code], [str(f) for f in counted]
    assert counted[0].location is not None
