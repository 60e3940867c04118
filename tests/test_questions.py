"""The questions asked of a recorded step: each is answered yes at its line, and else is silent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from asking import facts
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence
from torch.utils.data import DataLoader, TensorDataset

from rnnscope.experiments.budget import Budget
from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.meeting import Meeting
from rnnscope.experiments.roles import Root
from rnnscope.experiments.samples import separation
from rnnscope.questions.like_with_like import like_with_like
from rnnscope.questions.samples_mixed import samples_mixed
from rnnscope.recording.tape import Call, Slot, Tape
from rnnscope.subjects.experiment_results import (
    Disorder,
    Leak,
    PaddingRead,
    RandomState,
    TargetSeen,
)
from rnnscope.subjects.facts import (
    EvaluatedInTraining,
    OthersTarget,
    ResultUnused,
    StateNeverHandedOn,
)

pytestmark = pytest.mark.usefixtures("seeded")


def batches(*shape: int) -> DataLoader[Any]:
    data = TensorDataset(torch.randn(12, *shape), torch.randint(0, 3, (12,)))
    return DataLoader(data, batch_size=6, shuffle=True)


# ---- answered yes --------------------------------------------------------------------------------


def rows_torn_by_a_view() -> None:
    before, gru, head = nn.Linear(4, 4), nn.GRU(4, 8), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        torn = before(x).view(5, 6, 4)  # here
        F.cross_entropy(head(gru(torn)[1][-1]), y).backward()


def samples_joined_to_one_sequence() -> None:
    before, gru, head = nn.Linear(4, 4), nn.GRU(4, 8), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        joined = before(x).view(30, 1, 4)  # here
        F.cross_entropy(head(gru(joined.relu())[0].view(6, 5, 8)[:, -1]), y).backward()


def every_prediction_against_every_target() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 1)
    for x, y in batches(5, 4):
        error = head(gru(x)[1][-1]) - y.float()  # here
        error.pow(2).mean().backward()


def sorted_and_never_put_back() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        lengths, order = torch.tensor([2, 5, 3, 4, 5, 1]).sort(descending=True)
        x = x[order]  # here
        packed = pack_padded_sequence(x, lengths, batch_first=True)
        F.cross_entropy(head(gru(packed)[1][-1]), y).backward()


def padding_is_averaged() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    x = torch.randn(4, 6, 4)
    for row, length in enumerate((6, 3, 2, 4)):
        x[row, length:] = 0.0
    y = torch.tensor([0, 1, 2, 0])
    output, _ = gru(x)
    F.cross_entropy(head(output.mean(1)), y).backward()  # here


def both_directions_foresee() -> None:
    words = torch.randint(0, 9, (3, 8))
    embedding, head = nn.Embedding(9, 4), nn.Linear(12, 9)
    gru = nn.GRU(4, 6, batch_first=True, bidirectional=True)
    output, _ = gru(embedding(words[:, :-1]))
    F.cross_entropy(head(output).flatten(0, 1), words[:, 1:].flatten()).backward()  # here


def drawn_state() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        h0 = torch.randn(1, 6, 8)  # here
        F.cross_entropy(head(gru(x, h0)[1][-1]), y).backward()


def dropout_of_no_effect() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        h = gru(x)[1][-1]
        F.dropout(h, 0.5)  # here
        F.cross_entropy(head(h), y).backward()


def every_step_from_zeros() -> None:
    cell, head = nn.GRUCell(4, 8), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        for t in range(5):
            h = cell(x[:, t])  # here
        F.cross_entropy(head(h), y).backward()


def asked_in_training() -> None:
    gru, head, drop = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3), nn.Dropout(0.5)
    for x, y in batches(5, 4):
        F.cross_entropy(head(drop(gru(x)[1][-1])), y).backward()
    with torch.no_grad():
        h = gru(x)[1][-1]  # here
        head(drop(h)).argmax(1)


def samples_stepped_over_in_every_step_s_answer() -> None:
    lstm, head = nn.LSTM(4, 8), nn.Linear(8, 3)
    data = TensorDataset(torch.randn(12, 5, 4), torch.randint(0, 3, (12, 5)))
    for x, y in DataLoader(data, batch_size=6, shuffle=True):
        output, _ = lstm(x)  # here
        F.cross_entropy(head(output).flatten(0, 1), y.flatten()).backward()


def samples_stepped_over_by_a_loop() -> None:
    cell, head = nn.GRUCell(4, 8), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        h, seen = torch.zeros(5, 8), []
        for step in x:
            h = cell(step, h)  # here
            seen.append(h)
        F.cross_entropy(head(torch.stack(seen)[:, -1]), y).backward()


def sentences_stepped_over_by_a_language_model() -> None:
    words = torch.randint(0, 9, (6, 8))
    embedding, gru, head = nn.Embedding(9, 4), nn.GRU(4, 8), nn.Linear(8, 9)
    output, _ = gru(embedding(words[:, :-1]))  # here
    F.cross_entropy(head(output).flatten(0, 1), words[:, 1:].flatten()).backward()


def samples_stepped_over_beside_running_sums() -> None:
    lstm, head = nn.LSTM(4, 8), nn.Linear(8, 1)
    x = torch.randn(6, 7, 4)
    y = x.mean(-1, keepdim=True).cumsum(1)
    ((head(lstm(x)[0]) - y) ** 2).mean().backward()  # here


def tokens_asked_for_that_were_read() -> None:
    words = torch.randint(0, 9, (6, 8))
    embedding, cell, head = nn.Embedding(9, 4), nn.GRUCell(4, 8), nn.Linear(8, 9)
    h, loss = torch.zeros(6, 8), torch.zeros(())
    for step in range(7):
        h = cell(embedding(words[:, step]), h)
        scores = head(h).log_softmax(1)
        loss = loss - scores.gather(1, words[:, step, None]).mean()  # here
    loss.backward()


YES = [
    (samples_stepped_over_in_every_step_s_answer, Leak),
    (samples_stepped_over_by_a_loop, Leak),
    (sentences_stepped_over_by_a_language_model, Leak),
    (samples_stepped_over_beside_running_sums, Leak),
    (tokens_asked_for_that_were_read, TargetSeen),
    (rows_torn_by_a_view, Leak),
    (samples_joined_to_one_sequence, Leak),
    (every_prediction_against_every_target, OthersTarget),
    (sorted_and_never_put_back, Disorder),
    (padding_is_averaged, PaddingRead),
    (both_directions_foresee, TargetSeen),
    (drawn_state, RandomState),
    (dropout_of_no_effect, ResultUnused),
    (every_step_from_zeros, StateNeverHandedOn),
    (asked_in_training, EvaluatedInTraining),
]


@pytest.mark.parametrize(("program", "fact"), YES, ids=lambda v: getattr(v, "__name__", v))
def test_yes_at_this_line(program: Callable[[], None], fact: type) -> None:
    ((found, line),) = facts(program)
    assert found is fact
    assert line.endswith("# here")


# ---- nearly the same, and right ------------------------------------------------------------------


def transposed() -> None:
    gru, head = nn.GRU(4, 8), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        F.cross_entropy(head(gru(x.transpose(0, 1))[1][-1]), y).backward()


def steps_folded_and_unfolded() -> None:
    before, gru, head = nn.Linear(4, 4), nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        folded = before(x.view(30, 4)).view(6, 5, 4)
        F.cross_entropy(head(gru(folded)[1][-1]), y).backward()


def each_prediction_against_its_target() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 1)
    for x, y in batches(5, 4):
        (head(gru(x)[1][-1]).squeeze(1) - y.float()).pow(2).mean().backward()


def sorted_with_its_targets() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        lengths, order = torch.tensor([2, 5, 3, 4, 5, 1]).sort(descending=True)
        packed = pack_padded_sequence(x[order], lengths, batch_first=True)
        F.cross_entropy(head(gru(packed)[1][-1]), y[order]).backward()


def sorted_and_put_back() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        lengths, order = torch.tensor([2, 5, 3, 4, 5, 1]).sort(descending=True)
        packed = pack_padded_sequence(x[order], lengths, batch_first=True)
        h = gru(packed)[1][-1][order.argsort()]
        F.cross_entropy(head(h), y).backward()


def padding_is_left_out_of_the_mean() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    x, lengths = torch.randn(4, 6, 4), torch.tensor([6, 3, 2, 4])
    mask = (torch.arange(6) < lengths[:, None]).unsqueeze(2)
    output, _ = gru(x * mask)
    mean = (output * mask).sum(1) / lengths[:, None]
    F.cross_entropy(head(mean), torch.tensor([0, 1, 2, 0])).backward()


def one_direction_foretells() -> None:
    words = torch.randint(0, 9, (3, 8))
    embedding, head, gru = nn.Embedding(9, 4), nn.Linear(6, 9), nn.GRU(4, 6, batch_first=True)
    output, _ = gru(embedding(words[:, :-1]))
    F.cross_entropy(head(output).flatten(0, 1), words[:, 1:].flatten()).backward()


def both_directions_tag() -> None:
    words, tags = torch.randint(0, 9, (3, 8)), torch.randint(0, 5, (3, 8))
    embedding, head = nn.Embedding(9, 4), nn.Linear(12, 5)
    gru = nn.GRU(4, 6, batch_first=True, bidirectional=True)
    F.cross_entropy(head(gru(embedding(words))[0]).flatten(0, 1), tags.flatten()).backward()


def noise_beside_a_code() -> None:
    encoder, decoder, head = nn.GRU(4, 8, batch_first=True), nn.GRU(4, 8), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        h = encoder(x)[1]
        h = h + 0.1 * torch.randn_like(h)
        F.cross_entropy(head(decoder(x.transpose(0, 1), h)[1][-1]), y).backward()


def dropout_that_is_used() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        h = F.dropout(gru(x)[1][-1], 0.5)
        F.cross_entropy(head(h), y).backward()


def a_state_that_goes_on() -> None:
    cell, head = nn.GRUCell(4, 8), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        h = None
        for t in range(5):
            h = cell(x[:, t], h)
        F.cross_entropy(head(h), y).backward()


def asked_in_evaluation() -> None:
    gru, head, drop = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3), nn.Dropout(0.5)
    for x, y in batches(5, 4):
        F.cross_entropy(head(drop(gru(x)[1][-1])), y).backward()
    for module in (gru, head, drop):
        module.eval()
    with torch.no_grad():
        head(drop(gru(x)[1][-1])).argmax(1)


def every_step_answered() -> None:
    lstm, head = nn.LSTM(4, 8, batch_first=True), nn.Linear(8, 3)
    data = TensorDataset(torch.randn(12, 5, 4), torch.randint(0, 3, (12, 5)))
    for x, y in DataLoader(data, batch_size=6, shuffle=True):
        F.cross_entropy(head(lstm(x)[0]).flatten(0, 1), y.flatten()).backward()


def collated_with_the_steps_first() -> None:
    def steps_first(rows: list[Any]) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.stack([x for x, _ in rows], 1), torch.stack([y for _, y in rows], 1)

    lstm, head = nn.LSTM(4, 8), nn.Linear(8, 3)
    data = TensorDataset(torch.randn(12, 5, 4), torch.randint(0, 3, (12, 5)))
    for x, y in DataLoader(data, batch_size=6, shuffle=True, collate_fn=steps_first):
        F.cross_entropy(head(lstm(x)[0]).flatten(0, 1), y.flatten()).backward()


def a_loop_over_steps() -> None:
    cell, head = nn.GRUCell(4, 8), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        h = torch.zeros(6, 8)
        for step in x.transpose(0, 1):
            h = cell(step, h)
        F.cross_entropy(head(h), y).backward()


def columns_of_a_text() -> None:
    words = torch.randint(0, 9, (8, 6))
    embedding, gru, head = nn.Embedding(9, 4), nn.GRU(4, 8), nn.Linear(8, 9)
    output, _ = gru(embedding(words[:-1]))
    F.cross_entropy(head(output).flatten(0, 1), words[1:].flatten()).backward()


def running_sums_of_columns() -> None:
    lstm, head = nn.LSTM(4, 8), nn.Linear(8, 1)
    x = torch.randn(7, 6, 4)
    y = x.mean(-1, keepdim=True).cumsum(0)
    ((head(lstm(x)[0]) - y) ** 2).mean().backward()


def the_next_day_s_hours_from_this_day_s() -> None:
    load = torch.randn(9, 24, 1)
    lstm, head = nn.LSTM(1, 8, batch_first=True), nn.Linear(8, 1)
    F.mse_loss(head(lstm(load[:-1])[0]), load[1:]).backward()


def windows_one_step_apart() -> None:
    windows = torch.randn(30).unfold(0, 9, 1)[..., None]
    lstm, head = nn.LSTM(1, 8, batch_first=True), nn.Linear(8, 1)
    F.mse_loss(head(lstm(windows[:, :-1])[0]), windows[:, 1:]).backward()


def tokens_told_again_by_way_of_a_code() -> None:
    words = torch.randint(0, 9, (6, 8))
    embedding, encoder = nn.Embedding(9, 4), nn.GRU(4, 8, batch_first=True)
    decoder, head = nn.GRU(8, 8, batch_first=True), nn.Linear(8, 9)
    code = encoder(embedding(words))[1][0]
    output, _ = decoder(code[:, None].expand(-1, 8, -1))
    F.cross_entropy(head(output).flatten(0, 1), words.flatten()).backward()


def tags_of_the_tokens() -> None:
    words = torch.randint(0, 9, (6, 8))
    embedding, gru, head = nn.Embedding(9, 4), nn.GRU(4, 8, batch_first=True), nn.Linear(8, 4)
    F.cross_entropy(head(gru(embedding(words))[0]).flatten(0, 1), (words % 4).flatten()).backward()


def the_next_token_cell_by_cell() -> None:
    words = torch.randint(0, 9, (6, 8))
    embedding, cell, head = nn.Embedding(9, 4), nn.GRUCell(4, 8), nn.Linear(8, 9)
    h, loss = torch.zeros(6, 8), torch.zeros(())
    for step in range(7):
        h = cell(embedding(words[:, step]), h)
        loss = loss - head(h).log_softmax(1).gather(1, words[:, step + 1, None]).mean()
    loss.backward()


SILENT = [
    every_step_answered,
    collated_with_the_steps_first,
    a_loop_over_steps,
    columns_of_a_text,
    running_sums_of_columns,
    the_next_day_s_hours_from_this_day_s,
    windows_one_step_apart,
    tokens_told_again_by_way_of_a_code,
    tags_of_the_tokens,
    the_next_token_cell_by_cell,
    transposed,
    steps_folded_and_unfolded,
    each_prediction_against_its_target,
    sorted_with_its_targets,
    sorted_and_put_back,
    padding_is_left_out_of_the_mean,
    one_direction_foretells,
    both_directions_tag,
    noise_beside_a_code,
    dropout_that_is_used,
    a_state_that_goes_on,
    asked_in_evaluation,
]


@pytest.mark.parametrize("program", SILENT)
def test_silent(program: Callable[[], None]) -> None:
    assert facts(program) == []


# ---- tapes written by hand -----------------------------------------------------------------------


def call(number: int, function: Any, args: tuple[Any, ...], result: int) -> Call:
    inputs = tuple(arg.number for arg in args if isinstance(arg, Slot))
    return Call(number, function.__name__, function, args, {}, inputs, (result,), None, True)


def compared(change: Callable[[torch.Tensor], torch.Tensor]) -> tuple[Laboratory, Meeting]:
    """x (0) @ w (1) is (2), changed is the prediction (3); it meets y (4) in (5)."""
    x, w = torch.randn(4, 3), nn.Parameter(torch.randn(3, 2))
    y = torch.randn(4, 2)
    scores = x @ w
    prediction = change(scores)
    error = prediction - y
    calls = (
        call(0, torch.matmul, (Slot(0), Slot(1)), 2),
        call(1, change, (Slot(2),), 3),
        call(2, torch.sub, (Slot(3), Slot(4)), 5),
        call(3, torch.sum, (Slot(5),), 6),
    )
    values = (x, w, scores, prediction, y, error, error.sum())
    tape = Tape(0, calls, values, frozenset((0, 1, 4)), loss=6, batches=frozenset((0, 4)))
    return Laboratory(tape, Budget(began=float("-inf"))), Meeting(calls[2], 3, 4)


def answers(change: Callable[[torch.Tensor], torch.Tensor]) -> tuple[list[Any], list[Any]]:
    laboratory, meeting = compared(change)
    tried = separation(laboratory, Root(0, "the DataLoader put the samples on axis 0"), 0)
    assert tried is not None
    mixed = list(samples_mixed(laboratory, meeting.prediction, tried))
    return mixed, list(like_with_like(laboratory, meeting, tried))


def as_it_is(scores: torch.Tensor) -> torch.Tensor:
    return scores * 2


def centered(scores: torch.Tensor) -> torch.Tensor:
    return scores - scores.mean(0)


def backwards(scores: torch.Tensor) -> torch.Tensor:
    return scores.flip(0)


def test_samples_that_stay_apart_meet_their_own_targets() -> None:
    assert answers(as_it_is) == ([], [])


def test_samples_that_are_mixed() -> None:
    (leak,), alike = answers(centered)
    assert (leak.operation, leak.sample, leak.batch.size, leak.shape) == ("centered", 0, 4, (4, 2))
    assert leak.other != 0
    assert leak.moved > 0
    assert alike == [], "what is mixed is not compared row by row"


def test_samples_that_meet_the_targets_of_others() -> None:
    mixed, (wrong,) = answers(backwards)
    assert mixed == []
    assert isinstance(wrong, OthersTarget)
    assert (wrong.kind, wrong.sample, wrong.loss, wrong.errors) == ("others", 0, "sub", (4, 2))
