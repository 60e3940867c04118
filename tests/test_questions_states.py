"""States from step to step: mistakes are told at their lines, and what comes near them is not."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from asking import Program, recorded
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from rnnscope.experiments.origins import origins
from rnnscope.experiments.starts import starts
from rnnscope.watching import watch

pytestmark = pytest.mark.usefixtures("seeded")


def learn(head: nn.Linear, output: torch.Tensor) -> None:
    """A step of training on some target, and no optimizer."""
    loss = F.mse_loss(head(output), torch.ones(output.shape[:-1]).cumsum(0)[..., None])
    loss.backward()


def shuffled(*shape: int) -> DataLoader[Any]:
    data = TensorDataset(torch.randn(24, *shape), torch.randint(0, 3, (24,)))
    return DataLoader(data, batch_size=6, shuffle=True)


# ---- mistakes ------------------------------------------------------------------------------------


def carried_over_shuffled_batches() -> None:
    class Keeping(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gru, self.head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
            self.state: torch.Tensor | None = None

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            output, state = self.gru(x, self.state)  # RNN601
            self.state = state.detach()
            scores: torch.Tensor = self.head(output[:, -1])
            return scores

    model = Keeping()
    for x, y in shuffled(5, 4):
        F.cross_entropy(model(x), y).backward()


def carried_over_the_end_of_an_epoch() -> None:
    gru, head, h = nn.GRU(4, 8), nn.Linear(8, 1), None
    series = torch.randn(12, 3, 4).cumsum(0)
    for _ in range(2):
        for start in (0, 6):
            output, h = gru(series[start : start + 6], h)  # RNN601
            h = h.detach()
            learn(head, output)


def carried_to_other_rows() -> None:
    gru, head, h = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 1), None
    series = torch.randn(20, 6, 4).cumsum(1)
    for order in torch.randperm(20).split(5):
        output, h = gru(series[order], h)  # RNN601
        h = h.detach()
        learn(head, output)


def backward_half_carried() -> None:
    lstm, head, state = nn.LSTM(4, 8, bidirectional=True), nn.Linear(16, 1), None
    for _ in range(3):
        output, state = lstm(torch.randn(6, 3, 4), state)  # RNN601
        state = tuple(s.detach() for s in state)
        learn(head, output)


def averaged_over_the_batch() -> None:
    gru, head, h = nn.GRU(4, 8), nn.Linear(8, 1), None
    for chunk in torch.randn(24, 3, 4).split(6):
        if h is not None:
            h = h.mean(1, keepdim=True).repeat(1, 3, 1)  # RNN601
        output, h = gru(chunk, h)
        h = h.detach()
        learn(head, output)


def decoder_without_the_encoder() -> None:
    encoder, decoder, head = nn.GRU(4, 8), nn.GRU(4, 8), nn.Linear(8, 1)
    for x in torch.randn(3, 6, 3, 4):
        _, _h = encoder(x)
        output, _ = decoder(x)  # RNN609
        learn(head, output)


def kept_and_never_read() -> None:
    gru, head, h = nn.GRU(4, 8), nn.Linear(8, 1), torch.zeros(1, 3, 8)
    for chunk in torch.randn(24, 3, 4).split(6):
        h = h.detach()
        output, h = gru(chunk)  # RNN609
        learn(head, output)


def learnt_for_a_place() -> None:
    gru, head, h_0 = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3), nn.Parameter(torch.ones(6, 8))
    for x, y in shuffled(5, 4):
        output, _ = gru(x, torch.tanh(h_0)[None])  # RNN610
        F.cross_entropy(head(output[:, -1]), y).backward()


def drawn_for_a_loop_by_hand() -> None:
    mix, head = nn.Linear(12, 8), nn.Linear(8, 3)
    for x, y in shuffled(5, 4):
        h = torch.randn(6, 8)  # RNN603
        for x_t in x.unbind(1):
            h = torch.tanh(mix(torch.cat([x_t, h], 1)))
        F.cross_entropy(head(h), y).backward()


def cut_off_in_its_only_step() -> None:
    encoder, decoder, head = nn.GRU(4, 8), nn.GRU(4, 8), nn.Linear(8, 1)
    optimizer = torch.optim.SGD([*encoder.parameters(), *decoder.parameters()], 0.1)
    x = torch.randn(6, 3, 4)
    h = encoder(x)[1].detach()  # RNN606
    learn(head, decoder(x, h)[0])
    optimizer.step()


def learnt_start_at_every_step() -> None:
    cell, head, start = nn.GRUCell(4, 8), nn.Linear(8, 3), nn.Parameter(torch.ones(8))
    for x, y in shuffled(5, 4):
        for x_t in x.unbind(1):
            h = cell(x_t, start.expand(6, 8))  # RNN608
        F.cross_entropy(head(h), y).backward()


MISTAKES = [
    carried_over_shuffled_batches,
    carried_over_the_end_of_an_epoch,
    carried_to_other_rows,
    backward_half_carried,
    averaged_over_the_batch,
    decoder_without_the_encoder,
    kept_and_never_read,
    learnt_for_a_place,
    drawn_for_a_loop_by_hand,
    cut_off_in_its_only_step,
    learnt_start_at_every_step,
]


def found(program: Program) -> list[tuple[str, int]]:
    """Codes and lines of what a watch says of this function."""
    with watch() as seen:
        program()
    return [(f.code, f.location.line) for f in seen.findings if f.severity.counts and f.location]


@pytest.mark.parametrize("program", MISTAKES, ids=lambda each: each.__name__)
def test_a_mistake_is_found_at_its_line(program: Program) -> None:
    source, first = inspect.getsourcelines(program)
    marked = [(n, line.split("# ")[1].strip()) for n, line in enumerate(source) if "# RNN" in line]
    assert found(program) == [(code, first + n) for n, code in marked]


# ---- nearly the same, and right ------------------------------------------------------------------


def begun_anew_in_every_epoch() -> None:
    gru, head = nn.GRU(4, 8), nn.Linear(8, 1)
    series = torch.randn(12, 3, 4).cumsum(0)
    for _ in range(2):
        h = torch.zeros(1, 3, 8)
        for start in (0, 6):
            output, h = gru(series[start : start + 6], h.detach())
            learn(head, output)


def documents_in_random_order_in_pieces() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 1)
    for x, _ in shuffled(8, 4):
        h = None
        for piece in x.split(4, dim=1):
            output, h = gru(piece, h)
            h = h.detach()
            learn(head, output)


def rows_that_go_on() -> None:
    gru, head, h = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 1), None
    series = torch.randn(20, 6, 4).cumsum(1)
    for step in range(4):
        output, h = gru(series[torch.arange(5) * 4 + step], h)
        h = h.detach()
        learn(head, output)


def a_buffer_that_is_filled_anew() -> None:
    gru, head, h = nn.GRU(4, 8), nn.Linear(8, 1), None
    buffer = torch.empty(6, 3, 4)
    pytest.importorskip("numpy")
    written = buffer.numpy()
    for number in range(3):
        written[:] = torch.randn(6, 3, 4).numpy() + number
        output, h = gru(buffer, h)
        h = h.detach()
        learn(head, output)


def a_memory_of_all_samples() -> None:
    gru, head, memory = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 1), torch.zeros(24, 8)
    data = TensorDataset(torch.randn(24, 5, 4), torch.arange(24))
    for _ in range(2):
        for x, who in DataLoader(data, batch_size=6, shuffle=True):
            output, h = gru(x, memory[who][None])
            memory[who] = h[0].detach()
            learn(head, output)


def states_collected() -> None:
    gru, head, states = nn.GRU(4, 8), nn.Linear(8, 1), []
    h = torch.zeros(1, 3, 8)
    for chunk in torch.randn(24, 3, 4).split(6):
        states.append(h.detach())
        output, h = gru(chunk)
        learn(head, output)


def two_decoders_in_turn() -> None:
    encoder, decoder, head = nn.GRU(4, 8), nn.GRU(4, 8), nn.Linear(8, 1)
    for number, x in enumerate(torch.randn(4, 6, 3, 4)):
        code, _ = encoder(x)
        output, _ = decoder(x)
        learn(head, code if number % 2 else output)


def one_learnt_row_for_all() -> None:
    gru, head, h_0 = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3), nn.Parameter(torch.ones(1, 8))
    for x, y in shuffled(5, 4):
        output, _ = gru(x, h_0.expand(1, 6, 8))
        F.cross_entropy(head(output[:, -1]), y).backward()


def noise_in_training_alone() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in shuffled(5, 4):
        for training in (True, False):
            h_0 = torch.randn(1, 6, 8) * training
            with torch.set_grad_enabled(training):
                gru.train(training)
                loss = F.cross_entropy(head(gru(x, h_0)[1][-1]), y)
            if training:
                loss.backward()


def masked_where_an_episode_ended() -> None:
    gru, head, h = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 1), torch.zeros(1, 6, 8)
    for x, _ in shuffled(5, 4):
        output, h = gru(x, h * torch.tensor([1.0, 0, 1, 0, 1, 1])[:, None])
        h = h.detach()
        learn(head, output)


RIGHT = [
    begun_anew_in_every_epoch,
    documents_in_random_order_in_pieces,
    rows_that_go_on,
    a_buffer_that_is_filled_anew,
    a_memory_of_all_samples,
    states_collected,
    two_decoders_in_turn,
    one_learnt_row_for_all,
    noise_in_training_alone,
    masked_where_an_episode_ended,
]


@pytest.mark.parametrize("program", RIGHT, ids=lambda each: each.__name__)
def test_nearly_the_same_is_left_in_peace(program: Program) -> None:
    assert found(program) == []


# ---- the experiments -----------------------------------------------------------------------------


def test_a_loop_by_hand_has_one_initial_state() -> None:
    tape = recorded(drawn_for_a_loop_by_hand)[0]
    (start,) = starts(tape)
    assert tape.producer[start.given].name == "randn"
    assert tape.shape(start.left) == (6, 8)


def test_the_origin_of_data_is_memory_and_what_was_done_to_it() -> None:
    gru, head = nn.GRU(4, 8), nn.Linear(8, 1)
    series = torch.randn(12, 3, 4)

    def program() -> None:
        for start, scale in ((0, 1.0), (6, 1.0), (0, 1.0), (0, 2.0)):
            learn(head, gru(series[start : start + 6] * scale)[0])

    tapes = recorded(program)
    first, second, again, scaled = (
        [each for call in tape.recurrent for each in origins(tape, call.inputs[0], 3)]
        for tape in tapes
    )
    same = [any(a.is_same(b) for a in first for b in other) for other in (second, again, scaled)]
    assert same == [False, True, False]
