"""Lengths, indices and masks that are not those of the rows they are given with."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from asking import facts
from torch import nn
from torch.nn.utils.rnn import (
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
    pad_sequence,
)

import rnnscope
from rnnscope.experiments.padding import Padding, visible_padding
from rnnscope.questions.lengths_given import readings
from rnnscope.subjects.experiment_results import PaddingRead
from rnnscope.subjects.facts import IndexIsLength, LengthsDiffer, PaddingFirst

LENGTHS = (4, 9, 6, 2, 7)
TARGETS = torch.tensor([0, 1, 2, 0, 1])


def sequences() -> list[torch.Tensor]:
    return [torch.randn(n, 5) for n in LENGTHS]


def words(*, first: bool = False) -> torch.Tensor:
    rows = torch.zeros(5, 10, dtype=torch.long)
    for row, n in enumerate(LENGTHS):
        rows[row, :n] = torch.randint(1, 19, (n,))
    return rows.flip(1) if first else rows


def answer(hidden: torch.Tensor) -> None:
    F.cross_entropy(nn.Linear(hidden.shape[-1], 3)(hidden), TARGETS).backward()


# ---- mistakes ------------------------------------------------------------------------------------


def listed_before_they_are_sorted() -> None:
    x = pad_sequence(sorted(sequences(), key=len, reverse=True))
    lengths = torch.tensor(LENGTHS)
    packed = pack_padded_sequence(x, lengths, enforce_sorted=False)  # here
    answer(nn.GRU(5, 6)(packed)[1][-1])


def gathered_with_the_lengths_of_before() -> None:
    lengths, x = torch.tensor(LENGTHS), words()
    x = x[lengths.argsort()]
    output, _ = nn.GRU(8, 6, batch_first=True)(nn.Embedding(20, 8)(x))
    ends = (lengths - 1).view(-1, 1, 1).expand(-1, 1, 6)
    answer(output.gather(1, ends)[:, 0])  # here


def mask_of_the_sorted() -> None:
    gru = nn.GRU(5, 6, batch_first=True, bidirectional=True)
    lengths, order = torch.tensor(LENGTHS).sort(descending=True)
    x = pad_sequence(sequences(), batch_first=True)[order]
    output, _ = pad_packed_sequence(gru(pack_padded_sequence(x, lengths, True))[0], True)
    output = output[order.argsort()]
    padding = torch.arange(output.shape[1]) >= lengths[:, None]
    scores = nn.Linear(12, 1)(output)[..., 0].masked_fill(padding, -1e9)  # here
    answer((scores.softmax(1)[..., None] * output).sum(1))


def divided_by_those_of_others() -> None:
    x = words()
    lengths, order = (x > 0).sum(1).sort(descending=True)
    packed = pack_padded_sequence(nn.Embedding(20, 8)(x)[order], lengths, True)
    output = pad_packed_sequence(nn.GRU(8, 6, batch_first=True)(packed)[0], True)[0]
    answer(output[order.argsort()].sum(1) / lengths[:, None])  # here


def index_of_the_last_for_a_length() -> None:
    x = words()
    last = ((x > 0) * torch.arange(10)).amax(1)
    embedded = nn.Dropout(0.2)(nn.Embedding(20, 8)(x))
    packed = pack_padded_sequence(embedded, last, True, enforce_sorted=False)  # here
    answer(nn.GRU(8, 6, batch_first=True)(packed)[1][-1])


def padded_length_for_all() -> None:
    x = pad_sequence(sequences(), batch_first=True)
    packed = pack_padded_sequence(x, [len(row) for row in x], batch_first=True)  # here
    answer(nn.GRU(5, 6, batch_first=True)(packed)[0].data[-5:])


def zeros_not_counted() -> None:
    rows = [torch.randint(0, 3, (n,)).index_fill(0, torch.tensor(n - 1), 2) for n in LENGTHS]
    rows[1][:4] = 0
    x = pad_sequence(rows, batch_first=True)
    embedded, lengths = nn.Embedding(3, 8)(x), (x != 0).sum(1)
    packed = pack_padded_sequence(embedded, lengths, True, enforce_sorted=False)  # here
    answer(nn.GRU(8, 6, batch_first=True)(packed)[1][-1])


def one_after_the_last() -> None:
    x = torch.zeros(5, 10, 5)
    for row, values in enumerate(sequences()):
        x[row, : len(values)] = values
    output, _ = nn.LSTM(5, 6, batch_first=True)(x)
    answer(torch.stack([output[row, n] for row, n in enumerate(LENGTHS)]))  # here


def padding_packed_for_words() -> None:
    x = words(first=True)
    lengths = (x > 0).sum(1)
    embedded = nn.Embedding(20, 8)(x)
    packed = pack_padded_sequence(embedded, lengths, True, enforce_sorted=False)  # here
    answer(nn.GRU(8, 6, batch_first=True)(packed)[1][-1])


def counted_from_the_wrong_end() -> None:
    x = words(first=True)
    output, _ = nn.GRU(8, 6, batch_first=True)(nn.Embedding(20, 8)(x))
    answer(output[torch.arange(5), (x > 0).sum(1) - 1])  # here


def mean_without_targets() -> None:
    gru, seen = nn.GRU(5, 6, batch_first=True), []
    for _ in range(2):
        packed = gru(pack_sequence(sequences(), enforce_sorted=False))[0]
        seen.append(pad_packed_sequence(packed, True)[0].mean(1))  # here
    (seen[0] @ seen[1].T).log_softmax(1).diagonal().mean().backward()


def backwards_from_the_padding() -> None:
    embedding, gru = nn.Embedding(20, 8), nn.GRU(8, 6, batch_first=True)
    x = pad_sequence([torch.randint(1, 20, (n,)) for n in LENGTHS], batch_first=True)
    tags = pad_sequence([torch.arange(n) % 3 for n in LENGTHS], True, padding_value=-100)
    output, _ = gru(embedding(x).flip(1))  # here
    scores = nn.Linear(6, 3)(output.flip(1))
    F.cross_entropy(scores.flatten(0, 1), tags.flatten(), ignore_index=-100).backward()


MISTAKES = [
    (listed_before_they_are_sorted, LengthsDiffer),
    (gathered_with_the_lengths_of_before, LengthsDiffer),
    (mask_of_the_sorted, LengthsDiffer),
    (divided_by_those_of_others, LengthsDiffer),
    (index_of_the_last_for_a_length, LengthsDiffer),
    (padded_length_for_all, LengthsDiffer),
    (zeros_not_counted, LengthsDiffer),
    (one_after_the_last, IndexIsLength),
    (counted_from_the_wrong_end, PaddingFirst),
    (padding_packed_for_words, PaddingFirst),
    (mean_without_targets, PaddingRead),
    (backwards_from_the_padding, PaddingRead),
]


@pytest.mark.parametrize(("program", "fact"), MISTAKES, ids=lambda v: getattr(v, "__name__", v))
def test_told_at_this_line(program: Callable[[], None], fact: type) -> None:
    lines = [line for found, line in facts(program) if found is fact]
    assert [line.endswith("# here") for line in lines] == [True]


def test_one_cause_has_one_finding() -> None:
    with rnnscope.watch() as seen:
        listed_before_they_are_sorted()
    assert {finding.code for finding in seen.findings if finding.severity.counts} == {"RNN514"}


# ---- right, and near to a mistake ----------------------------------------------------------------


def sorted_and_put_back() -> None:
    lengths, order = torch.tensor(LENGTHS).sort(descending=True)
    x = pad_sequence(sequences(), batch_first=True)[order]
    output, n = pad_packed_sequence(
        nn.GRU(5, 6, batch_first=True)(pack_padded_sequence(x, lengths, True))[0], True
    )
    answer((output.sum(1) / n[:, None])[order.argsort()])


def one_short_for_the_next_step() -> None:
    embedding, gru, x = nn.Embedding(20, 8), nn.GRU(8, 6, batch_first=True), words()
    short = torch.tensor(LENGTHS) - 1
    given = pack_padded_sequence(embedding(x), short, True, enforce_sorted=False)
    wanted = pack_padded_sequence(x[:, 1:], short, True, enforce_sorted=False)
    F.cross_entropy(nn.Linear(6, 20)(gru(given)[0].data), wanted.data).backward()


def last_word_is_the_target() -> None:
    embedding, gru, x = nn.Embedding(20, 8), nn.GRU(8, 6, batch_first=True), words()
    short = torch.tensor(LENGTHS) - 1
    packed = pack_padded_sequence(embedding(x), short, True, enforce_sorted=False)
    last = x.gather(1, short[:, None])[:, 0]
    F.cross_entropy(nn.Linear(6, 20)(gru(packed)[1][-1]), last).backward()


def end_mark_left_out() -> None:
    x = words()
    x[torch.arange(5), torch.tensor(LENGTHS) - 1] = 19
    embedded, short = nn.Embedding(20, 8)(x), torch.tensor(LENGTHS) - 1
    packed = pack_padded_sequence(embedded, short, True, enforce_sorted=False)
    answer(nn.GRU(8, 6, batch_first=True)(packed)[1][-1])


def cut_on_purpose() -> None:
    embedded, lengths = nn.Embedding(20, 8)(words()), torch.tensor(LENGTHS).clamp(max=5)
    packed = pack_padded_sequence(embedded, lengths, True, enforce_sorted=False)
    answer(nn.GRU(8, 6, batch_first=True)(packed)[1][-1])


def some_steps_drawn() -> None:
    x = pad_sequence(sequences(), batch_first=True)
    lengths = (torch.tensor(LENGTHS) * torch.tensor([0.5, 0.9, 0.7, 1.0, 0.3])).long()
    packed = pack_padded_sequence(x, lengths, True, enforce_sorted=False)
    answer(nn.GRU(5, 6, batch_first=True)(packed)[1][-1])


def silent_at_the_end() -> None:
    x = torch.randn(5, 10, 5)
    for row, n in enumerate(LENGTHS):
        x[row, n:] = 0.0
    packed = pack_padded_sequence(x, torch.full((5,), 10), batch_first=True)
    answer(pad_packed_sequence(nn.GRU(5, 6, batch_first=True)(packed)[0], True)[0].mean(1))


def read_after_a_first_mark() -> None:
    x = torch.cat([torch.full((5, 1), 19), words()], 1)
    output, _ = nn.GRU(8, 6, batch_first=True)(nn.Embedding(20, 8)(x))
    answer(torch.stack([output[row, n] for row, n in enumerate(LENGTHS)]))


def lengths_of_other_sequences() -> None:
    gru, others = nn.GRU(5, 6, batch_first=True), LENGTHS[::-1]
    both = [pad_sequence([torch.randn(n, 5) for n in each], True) for each in (LENGTHS, others)]
    packed = [
        pack_padded_sequence(x, list(each), True, enforce_sorted=False)
        for x, each in zip(both, (LENGTHS, others), strict=True)
    ]
    answer(gru(packed[0])[1][-1] * gru(packed[1])[1][-1] / torch.tensor(others)[:, None])


def moved_to_the_front() -> None:
    x, lengths = words(first=True), torch.tensor(LENGTHS)
    index = (torch.arange(10) + 10 - lengths[:, None]).clamp(max=9)
    x = x.gather(1, index).masked_fill(torch.arange(10) >= lengths[:, None], 0)
    packed = pack_padded_sequence(nn.Embedding(20, 8)(x), lengths, True, enforce_sorted=False)
    answer(nn.GRU(8, 6, batch_first=True)(packed)[1][-1])


def sum_over_zeros() -> None:
    packed = pack_sequence(sequences(), enforce_sorted=False)
    output, n = pad_packed_sequence(nn.GRU(5, 6, batch_first=True)(packed)[0], True)
    answer(torch.cat([output.sum(1), output.sum(1) / n[:, None]], 1))


RIGHT = [
    sorted_and_put_back,
    one_short_for_the_next_step,
    last_word_is_the_target,
    end_mark_left_out,
    cut_on_purpose,
    some_steps_drawn,
    silent_at_the_end,
    read_after_a_first_mark,
    lengths_of_other_sequences,
    moved_to_the_front,
    sum_over_zeros,
]


@pytest.mark.parametrize("program", RIGHT, ids=lambda p: p.__name__)
def test_silent(program: Callable[[], None]) -> None:
    assert facts(program) == []


# ---- what is seen in values ----------------------------------------------------------------------


def padded(*lengths: int, steps: int = 6) -> torch.Tensor:
    rows = [[1] * length + [0] * (steps - length) for length in lengths]
    return torch.tensor(rows)


def test_visible_padding() -> None:
    assert visible_padding(padded(6, 3, 2), 0) == Padding((6, 3, 2), 1, 6)
    assert visible_padding(padded(6, 3, 2).t(), 1) == Padding((6, 3, 2), 0, 6)
    assert visible_padding(padded(6, 3, 2).flip(1), 0) == Padding((6, 3, 2), 1, 6, first=True)
    features = padded(6, 3, 2).unsqueeze(2) * torch.randn(3, 6, 4)
    assert visible_padding(features, 0) == Padding((6, 3, 2), 1, 6)


@pytest.mark.parametrize(
    "value",
    [
        padded(6, 6, 6),
        padded(6, 3),
        padded(6, 5, 5),
        padded(6, 3, 0),
        torch.tensor([[1, 0, 1, 0, 0], [1, 1, 1, 1, 1], [1, 1, 0, 0, 0]]),
        torch.ones(6),
    ],
    ids=["equal", "two samples", "one step", "an empty one", "inside", "one axis"],
)
def test_no_visible_padding(value: torch.Tensor) -> None:
    assert visible_padding(value, 0) is None


def test_lengths_in_every_form() -> None:
    lengths = torch.tensor([3, 1, 4])
    number, mask = [(0, "number", (3, 1, 4))], [(0, "mask", (3, 1, 4))]
    inside = torch.arange(5) < lengths[:, None]
    assert list(readings(lengths, 3)) == number
    assert list(readings(lengths.float().view(3, 1, 1).expand(3, 1, 2), 3)) == number
    assert list(readings(inside, 3)) == list(readings(~inside, 3)) == mask
    assert list(readings(inside.double(), 3)) == mask
    assert list(readings(inside.t(), 3)) == [(1, "mask", (3, 1, 4))]
    assert list(readings(torch.tensor([0.5, 1.0, 2.0]), 3)) == [], "no steps are half"
    assert list(readings(inside.roll(1, 1), 3)) == [], "no mask of lengths"
