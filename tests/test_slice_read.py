"""What is read of a recurrence, and which of its weights are idle: found in any operations."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from asking import Program, asked
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from torch.utils.data import DataLoader, TensorDataset

from rnnscope.rules import examine
from rnnscope.subjects.facts import IdleWeights, SliceRead

pytestmark = pytest.mark.usefixtures("seeded")
MISTAKES: list[tuple[str, Program]] = []
RIGHT: list[Program] = []


def mistake(code: str) -> Callable[[Program], Program]:
    def keep(program: Program) -> Program:
        MISTAKES.append((code, program))
        return program

    return keep


def right(program: Program) -> Program:
    RIGHT.append(program)
    return program


def told(program: Program) -> list[SliceRead | IdleWeights]:
    """Every slice that the program reads by mistake, and all weights that are idle in it."""
    subjects = [fact.subject for fact in asked(program)]
    return [each for each in subjects if isinstance(each, (SliceRead, IdleWeights))]


def marked(program: Program) -> list[int]:
    """The lines of the program that say so."""
    source, first = inspect.getsourcelines(program)
    return [first + number for number, line in enumerate(source) if line.rstrip().endswith("# !")]


def batches(*shape: int, rows: int = 6) -> DataLoader[Any]:
    data = TensorDataset(torch.randn(12, *shape), torch.randint(0, 3, (12,)))
    return DataLoader(data, batch_size=rows, shuffle=True)


@mistake("RNN401")
def the_last_sample_of_as_many_as_steps() -> None:
    lstm, head = nn.LSTM(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(6, 4):
        output, _ = lstm(x)
        F.cross_entropy(head(output[-1]), y).backward()  # !


@mistake("RNN401")
def every_layer_of_one_sample() -> None:
    gru, head = nn.GRU(4, 8, num_layers=6, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        _, h_n = gru(x)
        last = h_n.unbind(1)[-1]  # !
        F.cross_entropy(head(last), y).backward()


@mistake("RNN402")
def the_last_step_after_the_head() -> None:
    lstm, head = nn.LSTM(4, 8, bidirectional=True, batch_first=True), nn.Linear(16, 3)
    for x, y in batches(5, 4):
        logits = head(lstm(x)[0])
        F.cross_entropy(logits[:, -1], y).backward()  # !


@mistake("RNN402")
def the_last_step_by_a_product() -> None:
    lstm, head = nn.LSTM(4, 8, bidirectional=True), nn.Linear(16, 3)
    for x, y in batches(5, 4):
        output, _ = lstm(x.transpose(0, 1))
        last = torch.einsum("tnd,t->nd", output, torch.eye(5)[4])  # !
        F.cross_entropy(head(last), y).backward()


@mistake("RNN402")
def the_last_steps_of_packed_sequences() -> None:
    gru, head = nn.GRU(4, 8, bidirectional=True, batch_first=True), nn.Linear(16, 3)
    for x, y in batches(5, 4):
        lengths = torch.tensor([2, 5, 3, 4, 5, 2])
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        output, _ = pad_packed_sequence(gru(packed)[0], batch_first=True)
        last = output[torch.arange(6), lengths - 1]  # !
        F.cross_entropy(head(last), y).backward()


@mistake("RNN402")
def the_last_steps_before_padding() -> None:
    gru, head = nn.GRU(4, 8, bidirectional=True, batch_first=True), nn.Linear(16, 3)
    for x, y in batches(5, 4):
        lengths = torch.tensor([2, 5, 3, 4, 5, 2])
        padded = x * (torch.arange(5) < lengths[:, None]).unsqueeze(2)
        output, _ = gru(padded)
        last = output[torch.arange(6), lengths - 1]  # !
        F.cross_entropy(head(last), y).backward()


@mistake("RNN402")
def the_wrong_end_of_each_direction() -> None:
    gru, head = nn.GRU(4, 8, bidirectional=True, batch_first=True), nn.Linear(16, 3)
    for x, y in batches(5, 4):
        forward, backward = gru(x)[0].chunk(2, dim=-1)
        summary = torch.cat([forward[:, 0], backward[:, -1]], dim=1)  # !
        F.cross_entropy(head(summary), y).backward()


@mistake("RNN402")
def the_intent_beside_the_slots() -> None:
    """Another prediction reads every step; this one reads the last."""
    lstm = nn.LSTM(4, 8, bidirectional=True, batch_first=True)
    slots, intent = nn.Linear(16, 2), nn.Linear(16, 3)
    for x, y in batches(5, 4):
        output, _ = lstm(x)
        tagged = F.cross_entropy(slots(output).mT, torch.randint(0, 2, (6, 5)))
        meant = intent(output.select(1, 4))  # !
        (tagged + F.cross_entropy(meant, y)).backward()


@mistake("RNN402")
def an_answer_without_training() -> None:
    lstm = nn.LSTM(4, 8, bidirectional=True, batch_first=True)
    head = nn.Sequential(nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 3))
    with torch.no_grad():
        output, _ = lstm(torch.randn(6, 5, 4))
        last = output.narrow(1, 4, 1).squeeze(1)  # !
        head(last).argmax(1)


@mistake("RNN403")
def the_last_state_of_two_directions() -> None:
    lstm, head = nn.LSTM(4, 8, 2, bidirectional=True, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        _, (h_n, _) = lstm(x)
        F.cross_entropy(head(h_n[-1]), y).backward()  # !


@mistake("RNN403")
def the_maximum_of_one_half() -> None:
    gru, head = nn.GRU(4, 8, bidirectional=True, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        halves = gru(x)[0].unflatten(2, (2, 8))
        forward = halves.unbind(2)[0]  # !
        F.cross_entropy(head(forward.amax(1)), y).backward()


@mistake("RNN404")
def the_lowest_layer() -> None:
    gru, head = nn.GRU(4, 8, num_layers=3, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        lowest, _, _ = gru(x)[1].split(1)  # !
        F.cross_entropy(head(lowest[0]), y).backward()


@mistake("RNN405")
def one_unit_of_every_step() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(5, 3)
    for x, y in batches(5, 4):
        output, _ = gru(x)
        F.cross_entropy(head(output.permute(2, 0, 1)[-1]), y).backward()  # !


@mistake("RNN405")
def the_largest_of_the_hidden_units() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(5, 3)
    for x, y in batches(5, 4):
        output, _ = gru(x)
        pooled = F.max_pool1d(output, output.size(2))  # !
        F.cross_entropy(head(pooled.squeeze(2)), y).backward()


@mistake("RNN409")
def the_second_of_two_states() -> None:
    lstm, head = nn.LSTM(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        hidden = lstm(x)[1]
        summary = torch.stack(hidden)[-1, -1]  # !
        F.cross_entropy(head(summary), y).backward()


@mistake("RNN410")
def the_first_step() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        output, _ = gru(x)
        first = output.index_select(1, torch.tensor([0])).squeeze(1)  # !
        F.cross_entropy(head(first), y).backward()


class Gated(nn.Module):
    """A GRU by hand; ``reset`` tells whether its first gate is used."""

    def __init__(self, reset: bool) -> None:
        super().__init__()
        self.reset = reset
        self.w, self.u = nn.Linear(4, 24), nn.Linear(8, 24)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = torch.zeros(len(x), 8)
        for step in x.unbind(1):
            wr, wz, wn = self.w(step).chunk(3, 1)
            ur, uz, un = self.u(h).chunk(3, 1)
            r, z = torch.sigmoid(wr + ur), torch.sigmoid(wz + uz)
            n = torch.tanh(wn + (r * un if self.reset else un))
            h = (1 - z) * n + z * h
        return h


def test_a_gate_that_goes_nowhere() -> None:
    def program() -> None:
        gated, head = Gated(reset=False), nn.Linear(8, 3)
        for x, y in batches(5, 4):
            F.cross_entropy(head(gated(x)), y).backward()

    (fact,) = told(program)
    source, first = inspect.getsourcelines(Gated)
    assert isinstance(fact, IdleWeights)
    assert (fact.part, fact.of) == ("gate", 3)
    assert fact.location is not None
    assert source[fact.location.line - first].strip().startswith("r, z =")


@mistake("RNN490")
def a_cell_of_which_nothing_is_read() -> None:
    lower, upper, head = nn.LSTMCell(4, 8), nn.LSTMCell(8, 8), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        h = c = up = carried = torch.zeros(6, 8)
        for step in x.unbind(1):
            h, c = lower(step, (h, c))
            up, carried = upper(h, (up, carried))  # !
        F.cross_entropy(head(h), y).backward()


@mistake("RNN410")
def the_first_of_the_steps_of_a_cell() -> None:
    cell, head = nn.GRUCell(4, 8), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        h, states = torch.zeros(6, 8), []
        for step in x.unbind(1):
            h = cell(step, h)
            states.append(h)
        F.cross_entropy(head(torch.stack(states)[0]), y).backward()  # !


@mistake("RNN490")
def every_row_a_sequence() -> None:
    lstm, head = nn.LSTM(20, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        output, _ = lstm(x.reshape(6, 1, 20))  # !
        F.cross_entropy(head(output.squeeze(1)), y).backward()


@pytest.mark.parametrize(("code", "program"), MISTAKES, ids=lambda v: getattr(v, "__name__", v))
def test_found_at_this_line(code: str, program: Program) -> None:
    (fact,) = told(program)
    assert fact.location is not None
    assert [fact.location.line] == marked(program)
    (finding,) = examine(fact)
    assert finding.code == code
    assert finding.location == fact.location


@right
def both_ends_together() -> None:
    gru, head = nn.GRU(4, 8, bidirectional=True, batch_first=True), nn.Linear(32, 3)
    for x, y in batches(5, 4):
        output, _ = gru(x)
        F.cross_entropy(head(torch.cat([output[:, 0], output[:, -1]], 1)), y).backward()


@right
def the_right_end_of_each_direction() -> None:
    gru, head = nn.GRU(4, 8, bidirectional=True, batch_first=True), nn.Linear(16, 3)
    for x, y in batches(5, 4):
        forward, backward = gru(x)[0].chunk(2, dim=-1)
        F.cross_entropy(head(torch.cat([forward[:, -1], backward[:, 0]], 1)), y).backward()


@right
def the_last_step_asks_all_others() -> None:
    lstm, head = nn.LSTM(4, 8, bidirectional=True, batch_first=True), nn.Linear(16, 3)
    for x, y in batches(5, 4):
        output, _ = lstm(x)
        shares = torch.softmax(output @ output[:, -1].unsqueeze(2), dim=1)
        F.cross_entropy(head((shares * output).sum(1)), y).backward()


@right
def the_step_of_a_mark() -> None:
    gru, head = nn.GRU(4, 8, bidirectional=True, batch_first=True), nn.Linear(16, 3)
    for x, y in batches(5, 4):
        output, _ = gru(x)
        F.cross_entropy(head(output[torch.arange(6), torch.arange(6) % 5]), y).backward()


@right
def a_prediction_for_each_step() -> None:
    gru, head = nn.GRU(4, 8, bidirectional=True, batch_first=True), nn.Linear(16, 3)
    for x, y in batches(3, 4):
        output, _ = gru(x)
        steps = [F.cross_entropy(head(output[:, step]), y) for step in range(3)]
        torch.stack(steps).sum().backward()


@right
def a_head_for_each_direction() -> None:
    gru, forward, backward = nn.GRU(4, 8, bidirectional=True), nn.Linear(8, 3), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        _, h_n = gru(x.transpose(0, 1))
        loss = F.cross_entropy(forward(h_n[0]), y) + F.cross_entropy(backward(h_n[1]), y)
        loss.backward()


@right
def a_head_for_each_layer() -> None:
    gru, lower, upper = nn.GRU(4, 8, num_layers=2), nn.Linear(8, 3), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        _, h_n = gru(x.transpose(0, 1))
        (F.cross_entropy(lower(h_n[0]), y) + F.cross_entropy(upper(h_n[1]), y)).backward()


@right
def one_direction_now_and_the_other_then() -> None:
    gru, head = nn.GRU(4, 8, bidirectional=True, batch_first=True), nn.Linear(8, 3)
    for step, (x, y) in enumerate(batches(5, 4)):
        _, h_n = gru(x)
        F.cross_entropy(head(h_n[step % 2]), y).backward()


@right
def layers_and_directions_by_a_view() -> None:
    lstm, head = nn.LSTM(4, 8, 2, batch_first=True, bidirectional=True), nn.Linear(16, 3)
    for x, y in batches(5, 4):
        _, (h_n, _) = lstm(x)
        last = h_n.view(2, 2, 6, 8)[-1].transpose(0, 1).reshape(6, 16)
        F.cross_entropy(head(last), y).backward()


@right
def the_rest_is_looked_at() -> None:
    """What decides how training goes on is used, too."""
    gru, head = nn.GRU(4, 8, num_layers=2), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        _, h_n = gru(x.transpose(0, 1))
        if h_n[1].abs().mean().item() < 9.0:
            F.cross_entropy(head(h_n[0]), y).backward()


@right
def the_rest_is_used_without_gradients() -> None:
    gru, head = nn.GRU(4, 8, bidirectional=True, batch_first=True), nn.Linear(16, 3)
    for x, y in batches(5, 4):
        _, h_n = gru(x)
        F.cross_entropy(head(torch.cat([h_n[0], h_n[1].detach()], 1)), y).backward()


@right
def a_head_that_begins_at_zero() -> None:
    gru, head = nn.GRU(4, 8, bidirectional=True, batch_first=True), nn.Linear(16, 3)
    nn.init.zeros_(head.weight[:, 8:])
    for x, y in batches(5, 4):
        _, h_n = gru(x)
        F.cross_entropy(head(torch.cat([h_n[0], h_n[1]], 1)), y).backward()


@right
def the_cell_state_by_its_name() -> None:
    lstm, head = nn.LSTM(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        _, state = lstm(x)
        _, cell = state
        F.cross_entropy(head(cell[-1]), y).backward()


@right
def one_unit_predicts_its_own_step() -> None:
    lstm = nn.LSTM(4, 8, batch_first=True)
    for x, _ in batches(5, 4):
        F.mse_loss(lstm(x)[0][..., 0], x.sum(2)).backward()


@right
def the_chosen_candidate() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 1)
    for _ in range(3):
        output, _ = gru(torch.randn(6, 5, 4))
        best = torch.tensor(3)
        head(output[best]).pow(2).mean().backward()


@right
def one_sample_after_the_other() -> None:
    lstm, head = nn.LSTM(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 4, rows=1):
        F.cross_entropy(head(lstm(x)[0][:, -1]), y).backward()


@right
def the_summary_starts_the_decoder() -> None:
    encoder, decoder = nn.GRU(4, 8, batch_first=True), nn.GRU(4, 8, batch_first=True)
    head = nn.Linear(8, 4)
    for x, _ in batches(5, 4):
        _, h_n = encoder(x)
        said, _ = decoder(F.pad(x, (0, 0, 1, 0))[:, :-1], h_n)
        F.mse_loss(head(said), x).backward()


@right
def every_gate_is_used() -> None:
    gated, head = Gated(reset=True), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        F.cross_entropy(head(gated(x)), y).backward()


@right
def the_last_of_the_steps_of_a_cell() -> None:
    cell, head = nn.GRUCell(4, 8), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        h = torch.zeros(6, 8)
        for step in x.unbind(1):
            h = cell(step, h)
        F.cross_entropy(head(h), y).backward()


@right
def a_memory_for_the_next_step() -> None:
    """What a step writes is read, detached, by the next one."""
    reader, writer, head = nn.GRUCell(12, 8), nn.GRUCell(8, 8), nn.Linear(8, 3)
    memory = torch.zeros(6, 8)
    for x, y in batches(5, 4):
        h, written = torch.zeros(6, 8), memory
        for step in x.unbind(1):
            h = reader(torch.cat([step, memory], 1), h)
            written = writer(h, written)
        F.cross_entropy(head(h), y).backward()
        memory = written.detach()


@right
def one_step_from_where_it_was_left() -> None:
    gru, head, h = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3), torch.zeros(1, 6, 8)
    for x, y in batches(1, 4):
        output, h = gru(x, h)
        h = h.detach()
        F.cross_entropy(head(output[:, -1]), y).backward()


@right
def now_and_then_one_step() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    for steps in (1, 1, 3):
        _, h_n = gru(torch.randn(6, steps, 4))
        F.cross_entropy(head(h_n[-1]), torch.tensor([0, 1, 2, 0, 1, 2])).backward()


@right
def outputs_for_another_loss() -> None:
    gru, tasks = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 24)
    for x, _ in batches(5, 4):
        output, _ = gru(x)
        steps = [tasks(step).chunk(3, 1)[0] for step in output.unbind(1)]
        torch.stack(steps).pow(2).mean().backward()


@pytest.mark.parametrize("program", RIGHT, ids=lambda v: v.__name__)
def test_silent(program: Program) -> None:
    assert told(program) == []
