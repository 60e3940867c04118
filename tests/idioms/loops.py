"""Decoders, attention, losses and loops of training."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from idioms.programs import batches, idiom


@idiom
def one_environment_or_sequence() -> None:
    lstm, head = nn.LSTM(4, 6), nn.Linear(6, 3)
    x = torch.randn(7, 4)
    output, _ = lstm(x.view(-1, 1, 4))
    F.cross_entropy(head(output.view(7, -1)), torch.randint(0, 3, (7,))).backward()


@idiom
def decoder_of_single_steps() -> None:
    encoder, decoder = nn.GRU(4, 6, batch_first=True), nn.GRU(3, 6, batch_first=True)
    head = nn.Linear(6, 3)
    for x, _ in batches(5, 4):
        _, state = encoder(x)
        step, outputs = torch.zeros(6, 1, 3), []
        for _ in range(4):
            output, state = decoder(step, state)
            logits = head(output)
            outputs.append(logits)
            step = logits.softmax(-1)
        scores = torch.cat(outputs, 1)
        F.cross_entropy(scores.reshape(-1, 3), torch.randint(0, 3, (24,))).backward()


@idiom
def decoder_that_fills_a_tensor() -> None:
    encoder, cell, head = nn.GRU(4, 6), nn.GRUCell(3, 6), nn.Linear(6, 3)
    x, targets = torch.randn(5, 6, 4), torch.randint(0, 3, (4, 6))
    _, h_n = encoder(x)
    outputs, state, step = torch.zeros(4, 6, 3), h_n[-1], torch.zeros(6, 3)
    for t in range(4):
        state = cell(step, state)
        step = head(state)
        outputs[t] = step
    F.cross_entropy(outputs.view(-1, 3), targets.view(-1)).backward()


@idiom
def language_model_over_contiguous_chunks() -> None:
    embed, lstm, head = nn.Embedding(20, 4), nn.LSTM(4, 6), nn.Linear(6, 20)
    stream = torch.randint(0, 20, (31 * 3,)).view(3, -1).t().contiguous()
    state = None
    for start in range(0, 30, 10):
        x, y = stream[start : start + 10], stream[start + 1 : start + 11]
        output, state = lstm(embed(x), state)
        state = tuple(s.detach() for s in state)
        F.cross_entropy(head(output).view(-1, 20), y.reshape(-1)).backward()


@idiom
def contrastive_table_of_all_pairs() -> None:
    text, image = nn.GRU(4, 6, batch_first=True), nn.Linear(5, 6)
    _, h_n = text(torch.randn(7, 5, 4))
    scores = image(torch.randn(7, 5)) @ h_n[-1].t()
    loss = F.cross_entropy(scores, torch.arange(7)) + F.cross_entropy(scores.t(), torch.arange(7))
    (loss - scores.log_softmax(0).diag().mean()).backward()


@idiom
def normalised_by_hand_over_the_batch() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
    for x, y in batches(5, 4):
        x = (x - x.mean((0, 1))) / x.std((0, 1))
        output, _ = gru(x)
        F.cross_entropy(head(output[:, -1]), y).backward()


@idiom
def self_attention_over_states() -> None:
    gru = nn.GRU(4, 8, batch_first=True, bidirectional=True)
    attention, head = nn.MultiheadAttention(16, 2, batch_first=True), nn.Linear(16, 3)
    for x, y in batches(5, 4):
        states, _ = gru(x)
        mixed, _ = attention(states, states, states)
        F.cross_entropy(head(mixed.mean(1)), y).backward()


@idiom
def convolution_with_swapped_axes() -> None:
    conv, norm = nn.Conv1d(4, 8, 3, padding=1), nn.BatchNorm1d(8)
    lstm, head = nn.LSTM(8, 6, batch_first=True), nn.Linear(6, 3)
    for x, y in batches(5, 4):
        features = norm(conv(x.transpose(1, 2))).transpose(1, 2)
        output, _ = lstm(features)
        F.cross_entropy(head(output[:, -1]), y).backward()


@idiom
def attention_between_decoder_and_encoder() -> None:
    encoder, cell = nn.GRU(4, 6, batch_first=True, bidirectional=True), nn.GRUCell(3, 6)
    key, head, bridge = nn.Linear(12, 6), nn.Linear(18, 3), nn.Linear(12, 6)
    for x, _ in batches(5, 4):
        states, h_n = encoder(x)
        state = torch.tanh(bridge(torch.cat([h_n[0], h_n[1]], -1)))
        step, outputs = torch.zeros(6, 3), []
        for _ in range(3):
            state = cell(step, state)
            weights = torch.bmm(key(states), state.unsqueeze(2)).squeeze(2).softmax(1)
            context = torch.bmm(weights.unsqueeze(1), states).squeeze(1)
            step = head(torch.cat([context, state], -1))
            outputs.append(step)
        scores = torch.stack(outputs, 1)
        F.cross_entropy(scores.transpose(1, 2), torch.randint(0, 3, (6, 3))).backward()


@idiom
def results_left_unused() -> None:
    lstm, head = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 3)
    for x, y in batches(5, 4):
        output, (h_n, c_n) = lstm(x)
        print(output[0].shape, output[-1].mean().item(), c_n[0, 0, 0].item())
        F.cross_entropy(head(h_n[-1]), y).backward()


@idiom
def one_sample_looked_at() -> None:
    lstm, head = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 3)
    for x, y in batches(5, 4):
        output, _ = lstm(x)
        F.cross_entropy(head(output[:, -1]), y).backward()
    with torch.no_grad():
        output, _ = lstm(x)
        print(head(output)[0].argmax(-1).tolist())


@idiom
def tags_for_every_step() -> None:
    embed, lstm, head = nn.Embedding(20, 4), nn.LSTM(4, 6, bidirectional=True), nn.Linear(12, 3)
    data = TensorDataset(torch.randint(0, 20, (12, 5)), torch.randint(0, 3, (12, 5)))
    for x, y in DataLoader(data, batch_size=4, shuffle=True):
        output, _ = lstm(embed(x.t()))
        F.cross_entropy(head(output).permute(1, 2, 0), y).backward()


@idiom
def mean_over_steps_of_fixed_length() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True, bidirectional=True), nn.Linear(12, 3)
    for x, y in batches(5, 4):
        output, _ = gru(x)
        F.cross_entropy(head(output.mean(1) + output.max(1).values), y).backward()


@idiom
def rows_picked_by_index() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
    x, y = torch.randn(20, 5, 4), torch.randint(0, 3, (20,))
    for rows in torch.randperm(20).split(5):
        _, h_n = gru(x[rows])
        F.cross_entropy(head(h_n[-1]), y[rows]).backward()


@idiom
def losses_weighted_sample_by_sample() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
    for x, y in batches(5, 4):
        losses = F.cross_entropy(head(gru(x)[1][-1]), y, reduction="none")
        pairs = (losses.unsqueeze(1) - losses).relu()  # a ranking, on purpose
        (losses * torch.rand(6)).mean().backward(retain_graph=True)
        (pairs.mean() + (losses.unsqueeze(1) * torch.rand(6, 1)).mean()).backward()
