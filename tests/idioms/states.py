"""Last steps and states: directions and layers apart, and in another order on purpose."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from idioms.programs import batches, idiom


@idiom
def last_step_of_one_direction() -> None:
    lstm, head = nn.LSTM(4, 6, num_layers=2, batch_first=True), nn.Linear(6, 3)
    for x, y in batches(5, 4):
        output, (h_n, _) = lstm(x)
        F.cross_entropy(head(output[:, -1]) + head(h_n[-1]), y).backward()


@idiom
def squeezed_state_of_one_layer() -> None:
    lstm, head = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 3)
    for x, y in batches(5, 4):
        _, (h_n, _) = lstm(x)
        F.cross_entropy(head(h_n.squeeze(0)), y).backward()


@idiom
def both_ends_of_both_directions() -> None:
    gru, head = nn.GRU(4, 6, bidirectional=True), nn.Linear(24, 3)
    for x, y in batches(5, 4):
        output, _ = gru(x.transpose(0, 1))
        F.cross_entropy(head(torch.cat([output[0], output[-1]], -1)), y).backward()


@idiom
def the_right_end_of_each_direction() -> None:
    gru, head = nn.GRU(4, 6, bidirectional=True, batch_first=True), nn.Linear(12, 3)
    for x, y in batches(5, 4):
        output, _ = gru(x)
        summary = torch.cat([output[:, -1, :6], output[:, 0, 6:]], -1)
        F.cross_entropy(head(summary), y).backward()


@idiom
def directions_by_a_view() -> None:
    gru, head = nn.GRU(4, 6, bidirectional=True, batch_first=True), nn.Linear(12, 3)
    for x, y in batches(5, 4):
        output, _ = gru(x)
        output = output.view(6, 5, 2, 6)
        summary = torch.cat([output[:, -1, 0], output[:, 0, 1]], -1)
        F.cross_entropy(head(summary), y).backward()


@idiom
def directions_added() -> None:
    gru, head = nn.GRU(4, 6, bidirectional=True, batch_first=True), nn.Linear(6, 3)
    for x, y in batches(5, 4):
        output, _ = gru(x)
        both = output[:, :, :6] + output[:, :, 6:]
        F.cross_entropy(head(both.mean(1)), y).backward()


@idiom
def states_batch_first_by_permute() -> None:
    gru, head = nn.GRU(4, 6, 2, bidirectional=True, batch_first=True), nn.Linear(24, 3)
    for x, y in batches(5, 4):
        _, h_n = gru(x)
        F.cross_entropy(head(h_n.permute(1, 0, 2).reshape(6, -1)), y).backward()


@idiom
def states_by_layers_and_directions() -> None:
    gru, head = nn.GRU(4, 6, 2, bidirectional=True, batch_first=True), nn.Linear(12, 3)
    for x, y in batches(5, 4):
        _, h_n = gru(x)
        last = h_n.view(2, 2, 6, 6)[-1]
        F.cross_entropy(head(torch.cat([last[0], last[1]], -1)), y).backward()


@idiom
def last_two_states_side_by_side() -> None:
    gru, head = nn.GRU(4, 5, 2, bidirectional=True, batch_first=True), nn.Linear(10, 3)
    for x, y in batches(5, 4):
        _, h_n = gru(x)
        F.cross_entropy(head(h_n[-2:].transpose(0, 1).reshape(6, -1)), y).backward()


@idiom
def state_kept_batch_first_and_turned_back() -> None:
    gru, head = nn.GRU(4, 6, num_layers=2, batch_first=True), nn.Linear(6, 3)
    state = torch.zeros(6, 2, 6)
    for _ in range(3):
        x = torch.randn(6, 5, 4)
        output, h_n = gru(x, state.transpose(0, 1).contiguous())
        state = h_n.detach().transpose(0, 1)
        F.cross_entropy(head(output[:, -1]), torch.randint(0, 3, (6,))).backward()


@idiom
def rollout_split_into_steps_and_environments() -> None:
    gru, head = nn.GRU(4, 6), nn.Linear(6, 1)
    flat = torch.randn(5 * 3, 4)
    output, _ = gru(flat.view(5, 3, 4), torch.zeros(1, 3, 6))
    value = head(output.view(5 * 3, 6))
    (value.squeeze(-1) - torch.randn(15)).pow(2).mean().backward()
