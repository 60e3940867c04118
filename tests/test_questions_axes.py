"""Axes torn, features stepped over, samples that mix: told at their lines, and else silence."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, TensorDataset

import rnnscope
from rnnscope.experiments.regrouping import Block, blocks
from rnnscope.measuring.randomness import preserved_randomness
from rnnscope.recording.recorder import RECORDER
from rnnscope.watching import watch

Program = Callable[[], None]


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    with preserved_randomness():
        torch.manual_seed(0)
        yield


def batches(*shape: int, classes: int = 3) -> DataLoader[Any]:
    data = TensorDataset(torch.randn(24, *shape), torch.randint(0, classes, (24,)))
    return DataLoader(data, batch_size=6, shuffle=True)


def classify(head: nn.Module, states: torch.Tensor) -> None:
    """A step of training on some classes, one for each row, and no optimizer."""
    F.cross_entropy(head(states), torch.arange(len(states)) % 3).backward()


# ---- mistakes: the line, the code ------------------------------


def channels_viewed_as_steps() -> None:
    conv, gru, head = nn.Conv1d(3, 6, 3), nn.GRU(6, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(3, 11):
        found = torch.relu(conv(x)).view(-1, 9, 6)  # RNN302
        F.cross_entropy(head(gru(found)[0][:, -1]), y).backward()


def columns_of_a_picture_viewed() -> None:
    conv = nn.Conv2d(1, 4, 3, padding=1)
    gru, head = nn.GRU(4 * 6, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(1, 6, 9):
        found = conv(x)
        columns = found.view(len(x), 9, 24)  # RNN302
        F.cross_entropy(head(gru(columns)[0][:, -1]), y).backward()


def series_folded_into_the_batch_unmoved() -> None:
    gru, head = nn.GRU(1, 8, batch_first=True), nn.Linear(8, 1)
    for x, _ in batches(8, 5):
        series = x.reshape(len(x) * 5, 8, 1)  # RNN302
        last = head(gru(series)[1][-1]).reshape(len(x), 5)
        F.mse_loss(last, x[:, -1].roll(1, 1)).backward()


def flattened_and_viewed_in_another_order() -> None:
    gru, head = nn.GRU(5, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 7):
        flat = x.flatten(1) * 2
        steps = flat.unflatten(1, (7, 5))  # RNN302
        F.cross_entropy(head(gru(steps)[0][:, -1]), y).backward()


def data_set_reshaped_before_it_is_loaded() -> None:
    signals = torch.stack([torch.randn(24, 7) for _ in range(5)])
    samples = signals.reshape(24, 7, 5)  # RNN302
    gru, head = nn.GRU(5, 8, batch_first=True), nn.Linear(8, 3)
    data = TensorDataset(samples, torch.arange(24) % 3)
    for x, y in DataLoader(data, batch_size=6, shuffle=True):
        F.cross_entropy(head(gru(x)[0][:, -1]), y).backward()


def scores_reshaped_to_classes_first() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    scores = head(gru(torch.randn(6, 7, 4))[0])
    classes = scores.reshape(6, 3, 7)  # RNN302
    F.cross_entropy(classes, torch.randint(0, 3, (6, 7))).backward()


def directions_of_the_encoder_merged_by_a_view() -> None:
    encoder, decoder = nn.GRU(4, 8, 2, bidirectional=True), nn.GRU(4, 16, 2)
    x = torch.randn(5, 6, 4)
    _, h_n = encoder(x)
    merged = h_n.view(2, 6, 16)  # RNN302
    decoder(x, merged)[0].pow(2).mean().backward()


def features_of_an_embedding_first() -> None:
    embed, gru, head = nn.Embedding(9, 5), nn.GRU(5, 6), nn.Linear(6, 3)
    x = embed(torch.randint(1, 9, (4, 5)))
    turned = x.permute(2, 0, 1)  # RNN312
    classify(head, gru(turned)[0][-1])


def channels_of_a_convolution_as_steps() -> None:
    conv = nn.Conv1d(3, 6, 3, padding=1)
    gru, head = nn.GRU(6, 8, batch_first=True), nn.Linear(8, 3)  # RNN312
    for x, y in batches(3, 6):
        F.cross_entropy(head(gru(conv(x))[0][:, -1]), y).backward()


def statistics_of_steps() -> None:
    norm, gru = nn.BatchNorm1d(5), nn.GRU(6, 8, batch_first=True)
    before, head = nn.Linear(5, 6), nn.Linear(8, 3)
    for x, y in batches(5, 5):
        normal = norm(x)  # RNN307
        F.cross_entropy(head(gru(before(normal))[0][:, -1]), y).backward()


def environments_as_steps() -> None:
    policy, act = nn.GRU(4, 8), nn.Linear(8, 4)
    position, state, reward = torch.randn(6, 4), None, torch.zeros(())
    for _ in range(4):
        output, state = policy(position, state)  # RNN305
        position = position + act(output).tanh()
        reward = reward - position.norm(dim=1).mean()
    (-reward).backward()


def samples_stepped_over_without_targets() -> None:
    gru, head = nn.GRU(4, 8), nn.Linear(8, 3)  # RNN301
    for x, _ in batches(5, 4):
        head(gru(x)[0]).pow(2).mean().backward()


def data_torn_before_the_model() -> None:
    gru, head = nn.GRU(4, 8), nn.Linear(8, 3)
    for x, y in batches(3, 4):
        steps = x.reshape(3, 6, 4)  # RNN303
        F.cross_entropy(head(gru(steps)[0][-1]), y).backward()


MISTAKES = [
    channels_viewed_as_steps,
    columns_of_a_picture_viewed,
    series_folded_into_the_batch_unmoved,
    flattened_and_viewed_in_another_order,
    data_set_reshaped_before_it_is_loaded,
    scores_reshaped_to_classes_first,
    directions_of_the_encoder_merged_by_a_view,
    features_of_an_embedding_first,
    channels_of_a_convolution_as_steps,
    statistics_of_steps,
    environments_as_steps,
    samples_stepped_over_without_targets,
    data_torn_before_the_model,
]


# ---- right: regroupings ------------------------------


def frames_stacked() -> None:
    gru, head = nn.GRU(12, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(9, 4):
        F.cross_entropy(head(gru(x.reshape(-1, 3, 12))[0][:, -1]), y).backward()


def frames_stacked_to_the_sizes_swapped() -> None:
    gru, head = nn.GRU(8, 6, batch_first=True), nn.Linear(6, 3)
    for x, y in batches(8, 4):
        F.cross_entropy(head(gru(x.reshape(-1, 4, 8))[0][:, -1]), y).backward()


def pairs_of_outputs_joined() -> None:
    lower, upper = nn.GRU(4, 8, batch_first=True), nn.GRU(16, 8, batch_first=True)
    head = nn.Linear(8, 3)
    for x, y in batches(16, 4):
        output, _ = lower(x)
        F.cross_entropy(head(upper(output.reshape(-1, 8, 16))[0][:, -1]), y).backward()


def chunks_of_sequences_as_a_batch() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(12, 4):
        chunks = x.reshape(12, 6, 4)  # twice as many of half the length
        classes = head(gru(chunks)[1][-1]).view(6, 2, 3).mean(1)
        F.cross_entropy(classes, y).backward()


def pixels_in_pieces() -> None:
    gru, head = nn.GRU(16, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(1, 8, 12):
        F.cross_entropy(head(gru(x.view(-1, 6, 16))[0][:, -1]), y).backward()


def heads_beside_the_batch() -> None:
    gru, head, project = nn.GRU(4, 12), nn.Linear(12, 3), nn.Linear(12, 12)
    for x, y in batches(5, 4):
        states, _ = gru(x.transpose(0, 1)[:, :4])
        keys = project(states).contiguous().view(5, 12, 4).transpose(0, 1)
        weights = torch.softmax(keys @ keys.transpose(1, 2), 2)
        mixed = (weights @ keys).transpose(0, 1).reshape(5, 4, 12)
        F.cross_entropy(head(mixed.mean(0)), y[:4]).backward()


def relative_places_shifted() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    places, mask = nn.Linear(8, 7), torch.ones(7, 7).tril().bool()
    for x, y in batches(7, 4):
        states, _ = gru(x)
        shifted = F.pad(places(states), (1, 0)).view(-1, 8, 7)[:, 1:]
        scores = (states @ states.transpose(1, 2) + shifted).masked_fill(~mask, -1e9)
        F.cross_entropy(head((scores.softmax(2) @ states)[:, -1]), y).backward()


def viewed_and_viewed_back() -> None:
    gru, head = nn.GRU(5, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(7, 5):
        same = torch.tanh(x.view(-1, 5, 7)).view(-1, 7, 5)
        F.cross_entropy(head(gru(same)[0][:, -1]), y).backward()


def columns_of_a_picture_moved() -> None:
    conv = nn.Conv2d(1, 4, 3, padding=1)
    gru, head = nn.GRU(4 * 6, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(1, 6, 9):
        columns = conv(x).permute(0, 3, 1, 2).reshape(len(x), 9, 24)
        F.cross_entropy(head(gru(columns)[0][:, -1]), y).backward()


def both_sides_of_a_loss_viewed_alike() -> None:
    gru, head = nn.GRU(5, 8, batch_first=True), nn.Linear(8, 5)
    for x, _ in batches(7, 5):
        answers, targets = head(gru(x)[0][:, :-1]), x[:, 1:]
        F.mse_loss(answers.reshape(-1, 5, 6), targets.reshape(-1, 5, 6)).backward()


def penalty_of_all_elements() -> None:
    gru, head = nn.GRU(5, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(7, 5):
        output, h_n = gru(x)
        penalty = output.reshape(-1, 8, 7).pow(2).mean()
        (F.cross_entropy(head(h_n[-1]), y) + penalty).backward()


def channels_shuffled() -> None:
    conv, gru = nn.Conv1d(6, 6, 3, groups=2), nn.GRU(6, 8, batch_first=True)
    head = nn.Linear(8, 3)
    for x, y in batches(6, 9):
        grouped = conv(x).view(-1, 2, 3, 7).transpose(1, 2).reshape(-1, 6, 7)
        F.cross_entropy(head(gru(grouped.transpose(1, 2))[0][:, -1]), y).backward()


def rollout_split_into_environments() -> None:
    before, gru, head = nn.Linear(4, 5), nn.GRU(5, 8), nn.Linear(8, 2)
    seen, actions = torch.randn(7 * 6, 4), torch.randint(0, 2, (7 * 6,))
    output, _ = gru(before(seen).view(7, 6, 5))
    F.cross_entropy(head(output.view(7 * 6, 8)), actions).backward()


def directions_added() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True, bidirectional=True), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        output, _ = gru(x)
        F.cross_entropy(head(output.view(-1, 5, 2, 8).sum(2).mean(1)), y).backward()


def directions_merged_after_moving_them() -> None:
    encoder, decoder = nn.GRU(4, 8, 2, bidirectional=True), nn.GRU(4, 16, 2)
    x = torch.randn(5, 6, 4)
    _, h_n = encoder(x)
    merged = h_n.view(2, 2, 6, 8).transpose(1, 2).reshape(2, 6, 16)
    decoder(x, merged)[0].pow(2).mean().backward()


def layers_side_by_side() -> None:
    gru, head = nn.GRU(4, 8, 2, batch_first=True), nn.Linear(16, 3)
    for x, y in batches(5, 4):
        F.cross_entropy(head(gru(x)[1].transpose(0, 1).reshape(-1, 16)), y).backward()


def words_of_sentences() -> None:
    lower, upper, head = nn.GRU(4, 8), nn.GRU(8, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(3, 5, 4):
        _, words = lower(x.flatten(0, 1).transpose(0, 1))
        F.cross_entropy(head(upper(words.view(-1, 3, 8))[1][-1]), y).backward()


# ---- right: features and steps, as many of both ------------------------------


def embedding_steps_first() -> None:
    embed, gru, head = nn.Embedding(9, 5), nn.GRU(5, 6), nn.Linear(6, 3)
    x = embed(torch.randint(1, 9, (4, 5)))
    classify(head, gru(x.permute(1, 0, 2))[0][-1])


def convolution_turned_back() -> None:
    conv = nn.Conv1d(6, 6, 3, padding=1)
    gru, head = nn.GRU(6, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(6, 6):
        found = conv(x.transpose(1, 2)).transpose(1, 2)
        F.cross_entropy(head(gru(found)[0][:, -1]), y).backward()


def variables_as_steps_on_purpose() -> None:
    gru, head = nn.GRU(6, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(6, 6):
        F.cross_entropy(head(gru(x.transpose(1, 2))[0][:, -1]), y).backward()


def channels_as_steps_by_their_sizes() -> None:
    conv = nn.Conv1d(3, 6, 3)
    gru, head = nn.GRU(9, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(3, 11):
        F.cross_entropy(head(gru(conv(x))[0][:, -1]), y).backward()


def statistics_of_features() -> None:
    norm, gru, head = nn.BatchNorm1d(5), nn.GRU(5, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 5):
        normal = norm(x.transpose(1, 2)).transpose(1, 2)
        F.cross_entropy(head(gru(normal)[0][:, -1]), y).backward()


def statistics_of_steps_by_their_sizes() -> None:
    norm, gru, head = nn.BatchNorm1d(7), nn.GRU(5, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(7, 5):
        F.cross_entropy(head(gru(norm(x))[0][:, -1]), y).backward()


def places_learnt() -> None:
    place = nn.Parameter(torch.randn(5, 5))
    gru, head = nn.GRU(5, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 5):
        F.cross_entropy(head(gru(x + place)[0][:, -1]), y).backward()


def weight_of_each_step() -> None:
    weight = nn.Parameter(torch.ones(5, 1))
    gru, head = nn.GRU(5, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 5):
        F.cross_entropy(head(gru(x * weight)[0][:, -1]), y).backward()


def as_many_units_as_steps() -> None:
    lower, upper = nn.GRU(4, 8, batch_first=True), nn.GRU(8, 8, batch_first=True)
    head = nn.Linear(8, 3)
    for x, y in batches(8, 4):
        F.cross_entropy(head(upper(lower(x)[0].relu())[0][:, -1]), y).backward()


def steps_mixed_by_a_layer() -> None:
    mix, gru, head = nn.Linear(6, 6), nn.GRU(6, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(6, 6):
        mixed = mix(x.transpose(1, 2)).transpose(1, 2)
        F.cross_entropy(head(gru(mixed)[0][:, -1]), y).backward()


def cells_of_a_grid() -> None:
    gru, head = nn.GRU(8, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(8, 4, 4):
        F.cross_entropy(head(gru(x.flatten(2).transpose(1, 2))[0][:, -1]), y).backward()


# ---- right: samples ------------------------------


def samples_mixed_up_on_purpose() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        mixed = 0.7 * x + 0.3 * x[torch.randperm(len(x))]
        F.cross_entropy(head(gru(mixed)[0][:, -1]), y).backward()


def normal_over_the_batch() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        normal = (x - x.mean(0)) / x.std(0)
        F.cross_entropy(head(gru(normal)[0][:, -1]), y).backward()


def noise_of_the_batch() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        noisy = x + torch.randn_like(x) * x.std()
        F.cross_entropy(head(gru(noisy)[0][:, -1]), y).backward()


def frames_folded_before_the_model() -> None:
    frames, gru, head = nn.Linear(7, 4), nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 7):
        found = frames(x.view(-1, 7)).view(-1, 5, 4)
        F.cross_entropy(head(gru(found)[0][:, -1]), y).backward()


def apart_without_targets() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, _ in batches(5, 4):
        head(gru(x)[0]).pow(2).mean().backward()


def contrasted_in_the_batch() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 6)
    for x, _ in batches(5, 4):
        code = F.normalize(head(gru(x)[0][:, -1]), dim=1)
        (code @ code.t()).logsumexp(1).mean().backward()


def vectors_beside_sequences() -> None:
    gru, start, head = nn.GRU(4, 8, batch_first=True), nn.Linear(5, 8), nn.Linear(8, 1)
    x, fixed, y = torch.randn(6, 7, 4), torch.randn(6, 5), torch.randn(6)
    h_0 = start(fixed).unsqueeze(0)
    F.mse_loss(head(gru(x, h_0)[1][-1]).squeeze(1), y).backward()


def rows_cut_out_of_a_data_set() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    x, y = torch.randn(24, 5, 4), torch.randint(0, 3, (24,))
    for start in range(0, 24, 6):
        scores = head(gru(x[start : start + 6])[0][:, -1])
        F.cross_entropy(scores, y[start : start + 6]).backward()


def steps_cut_out_of_a_series() -> None:
    gru, head = nn.GRU(4, 8), nn.Linear(8, 1)
    series, level = torch.randn(40, 4), torch.randn(40)
    for start in range(0, 40, 10):
        output, _ = gru(series[start : start + 10].unsqueeze(1))
        F.mse_loss(head(output).flatten(), level[start : start + 10]).backward()


def environments_as_a_batch() -> None:
    policy, act = nn.GRU(4, 8), nn.Linear(8, 4)
    position, state, reward = torch.randn(6, 4), None, torch.zeros(())
    for _ in range(4):
        output, state = policy(position.unsqueeze(0), state)
        position = position + act(output.squeeze(0)).tanh()
        reward = reward - position.norm(dim=1).mean()
    (-reward).backward()


def outputs_fed_back_one_step_later() -> None:
    gru, head = nn.GRU(4, 8), nn.Linear(8, 4)
    x, state, total = torch.randn(6, 4), None, torch.zeros(())
    for _ in range(4):
        output, state = gru(x, state)
        x = torch.cat([x[1:], head(output)[-1:]])
        total = total + x.pow(2).mean()
    total.backward()


def sequences_padded_steps_first() -> None:
    gru, head = nn.GRU(4, 8), nn.Linear(8, 3)
    x = pad_sequence([torch.randn(n, 4) for n in (5, 5, 5)])
    F.cross_entropy(head(gru(x)[0][-1]), torch.tensor([0, 1, 2])).backward()


def axes_named_as_they_are() -> None:
    gru, head = nn.GRU(4, 6), nn.Linear(6, 2)
    x = rnnscope.name_axes(torch.randn(5, 3, 4), "L N H_in")
    head(gru(x)[0]).sum().backward()


def _is_right(value: object) -> bool:
    return inspect.isfunction(value) and value.__module__ == __name__


_OTHERS = ("seeded", "batches", "classify")
RIGHT = [
    value
    for name, value in list(globals().items())
    if _is_right(value) and value not in MISTAKES and not name.startswith("_")
    if name not in _OTHERS
]


def found(program: Program) -> list[tuple[str, int]]:
    """The codes and lines of what counts; a watch of ours never fails."""
    RECORDER.failures.clear()
    with watch(show=False) as seen:
        session = seen.session
        program()
    assert session is not None
    assert RECORDER.failures == {}
    assert session.inquiry.failures == {}
    counted = [finding for finding in seen.findings if finding.severity.counts]
    return [(f.code, f.location.line) for f in counted if f.location is not None]


@pytest.mark.parametrize("program", MISTAKES)
def test_the_mistake_is_told_at_its_line(program: Program) -> None:
    source, first = inspect.getsourcelines(program)
    marked = [
        (line.partition("# ")[2].strip(), first + number)
        for number, line in enumerate(source)
        if "# RNN" in line
    ]
    assert found(program) == marked


@pytest.mark.parametrize("program", RIGHT)
def test_what_comes_near_is_right(program: Program) -> None:
    assert found(program) == []


# ---- sizes ------------------------------


@pytest.mark.parametrize(
    ("before", "after", "swaps"),
    [
        ((6, 7), (7, 6), True),
        ((4, 8, 6, 9), (4, 9, 48), True),
        ((4, 6, 9), (4, 9, 6), True),
        ((12, 4), (3, 16), False),
        ((3, 5, 4), (15, 4), False),
        ((3, 1, 5), (5, 3), True),
    ],
)
def test_sizes_that_say_that_axes_were_to_change_places(
    before: tuple[int, ...], after: tuple[int, ...], swaps: bool
) -> None:
    small = 1
    for size in before:
        small *= size
    large = 1
    for size in after:
        large *= size
    if small == large:
        assert any(block.swaps for block in blocks(before, after)) is swaps


def test_a_slice_that_is_torn_shares_an_index_along_every_axis() -> None:
    assert Block((0, 1), (6, 7), (7, 6)).torn() is not None
    assert Block((0, 1), (4, 8), (8, 4)).torn() is None  # pieces of each stay together
