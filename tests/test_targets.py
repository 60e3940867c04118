"""What meets which target, in which order, and what of it counts: found in any operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import (
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
    pad_sequence,
)
from torch.utils.data import DataLoader, TensorDataset

from rnnscope.experiments.budget import Budget
from rnnscope.measuring.randomness import preserved_randomness
from rnnscope.questions.inquiry import Fact, Inquiry
from rnnscope.recording.recorder import RECORDER
from rnnscope.recording.subscriber import Subscriber
from rnnscope.recording.tape import Tape
from rnnscope.rules import examine

Program = Callable[[], None]
MISTAKES: list[tuple[str, Program]] = []
RIGHT: list[Program] = []


class Asked(Subscriber):
    """The inquiry alone, with all the time that it wants."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.inquiry = Inquiry(self.facts.append, Budget(began=float("-inf")))

    def step_ended(self, tape: Tape) -> None:
        self.inquiry.step(tape)


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    with preserved_randomness():
        torch.manual_seed(0)
        yield


def mistake(code: str) -> Callable[[Program], Program]:
    def keep(program: Program) -> Program:
        MISTAKES.append((code, program))
        return program

    return keep


def right(program: Program) -> Program:
    RIGHT.append(program)
    return program


def told(program: Program) -> list[str]:
    """The codes of what counts in a program."""
    listener = Asked()
    RECORDER.failures.clear()
    RECORDER.subscribe(listener)
    RECORDER.enter_thread()
    try:
        program()
    finally:
        RECORDER.leave_thread()
        RECORDER.unsubscribe(listener)
    listener.inquiry.end()
    assert RECORDER.failures == {}
    assert listener.inquiry.failures == {}
    assert listener.inquiry.unfaithful == 0
    assert listener.inquiry.unasked == 0
    found = (finding for fact in listener.facts for finding in examine(fact.subject))
    return list(dict.fromkeys(finding.code for finding in found if finding.severity.counts))


def batches(*shape: int, classes: int = 3) -> DataLoader[Any]:
    data = TensorDataset(torch.randn(12, *shape), torch.randint(0, classes, (12,)))
    return DataLoader(data, batch_size=6, shuffle=True)


@mistake("RNN408")
def states_of_a_chunk_given_crosswise() -> None:
    lstm, head = nn.LSTM(4, 8), nn.Linear(8, 1)
    h, c = torch.zeros(1, 3, 8), torch.zeros(1, 3, 8)
    for _ in range(3):
        output, (h, c) = lstm(torch.randn(5, 3, 4), (c, h))
        h, c = h.detach(), c.detach()
        head(output).pow(2).mean().backward()


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


@mistake("RNN502")
def sorted_states_beside_unsorted_rows() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(10, 2)
    x, lengths = torch.randn(3, 5, 4), torch.tensor([2, 5, 3])
    lengths, order = lengths.sort(descending=True)
    _, h_n = gru(pack_padded_sequence(x[order], lengths, batch_first=True))
    logits = head(torch.cat([h_n[-1], x[:, 0]], dim=-1))
    F.cross_entropy(logits, torch.tensor([0, 1, 1])).backward()


@mistake("RNN514")
def lengths_counted_along_the_features() -> None:
    x = torch.zeros(3, 9, 4)
    for row, length in enumerate((9, 7, 5)):
        x[row, :length] = torch.rand(length, 4) + 0.1
    lstm, x = nn.LSTM(4, 6, batch_first=True), nn.Linear(4, 4, bias=False)(x)
    lengths = (x.abs().sum(dim=1) > 0).sum(dim=1)
    _, (h_n, _) = lstm(pack_padded_sequence(x, lengths, batch_first=True))
    h_n.pow(2).mean().backward()


@mistake("RNN701")
def losses_meet_a_column_of_weights() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        weights = torch.rand(6, 1)
        losses = F.cross_entropy(head(gru(x)[1][-1]), y, reduction="none")
        (losses * weights).mean().backward()


@mistake("RNN714")
def tags_padded_with_a_class() -> None:
    emb, gru, head = (
        nn.Embedding(9, 4, padding_idx=0),
        nn.GRU(4, 6, batch_first=True),
        nn.Linear(6, 3),
    )
    words = torch.zeros(4, 6, dtype=torch.long)
    tags = torch.zeros(4, 6, dtype=torch.long)
    for i, n in enumerate((6, 4, 3, 2)):
        words[i, :n] = torch.randint(1, 9, (n,))
        tags[i, :n] = torch.randint(0, 3, (n,))
    F.cross_entropy(head(gru(emb(words))[0]).flatten(0, 1), tags.flatten()).backward()


@mistake("RNN714")
def language_model_counts_padding() -> None:
    emb, gru, head = (
        nn.Embedding(9, 4, padding_idx=0),
        nn.GRU(4, 6, batch_first=True),
        nn.Linear(6, 9),
    )
    words = pad_sequence([torch.randint(1, 9, (n,)) for n in (7, 4, 3, 5)], batch_first=True)
    F.cross_entropy(
        head(gru(emb(words[:, :-1]))[0]).flatten(0, 1), words[:, 1:].flatten()
    ).backward()


@right
def padding_is_ignored() -> None:
    emb, gru, head = (
        nn.Embedding(9, 4, padding_idx=0),
        nn.GRU(4, 6, batch_first=True),
        nn.Linear(6, 9),
    )
    words = pad_sequence([torch.randint(1, 9, (n,)) for n in (7, 4, 3, 5)], batch_first=True)
    F.cross_entropy(
        head(gru(emb(words[:, :-1]))[0]).flatten(0, 1), words[:, 1:].flatten(), ignore_index=0
    ).backward()


@right
def masked_after() -> None:
    emb, gru, head = (
        nn.Embedding(9, 4, padding_idx=0),
        nn.GRU(4, 6, batch_first=True),
        nn.Linear(6, 9),
    )
    words = pad_sequence([torch.randint(1, 9, (n,)) for n in (7, 4, 3, 5)], batch_first=True)
    e = F.cross_entropy(
        head(gru(emb(words[:, :-1]))[0]).transpose(1, 2), words[:, 1:], reduction="none"
    )
    m = words[:, 1:] != 0
    ((e * m).sum() / m.sum()).backward()


@right
def picked_by_a_mask() -> None:
    emb, gru, head = (
        nn.Embedding(9, 4, padding_idx=0),
        nn.GRU(4, 6, batch_first=True),
        nn.Linear(6, 9),
    )
    words = pad_sequence([torch.randint(1, 9, (n,)) for n in (7, 4, 3, 5)], batch_first=True)
    m = words[:, 1:] != 0
    F.cross_entropy(head(gru(emb(words[:, :-1]))[0])[m], words[:, 1:][m]).backward()


@right
def minus_hundred() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
    x = pad_sequence([torch.randn(n, 4) for n in (5, 3, 2)], batch_first=True)
    tags = pad_sequence(
        [torch.randint(0, 3, (n,)) for n in (5, 3, 2)], batch_first=True, padding_value=-100
    )
    F.cross_entropy(head(gru(x)[0]).flatten(0, 1), tags.flatten()).backward()


@right
def class_weight_of_padding_is_zero() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 4)
    x = pad_sequence([torch.randn(n, 4) for n in (5, 3, 2)], batch_first=True)
    tags = pad_sequence([torch.randint(1, 4, (n,)) for n in (5, 3, 2)], batch_first=True)
    F.cross_entropy(
        head(gru(x)[0]).flatten(0, 1), tags.flatten(), weight=torch.tensor([0.0, 1, 1, 1])
    ).backward()


@right
def targets_of_one_length() -> None:
    emb, gru, head = (
        nn.Embedding(9, 4, padding_idx=0),
        nn.GRU(4, 6, batch_first=True),
        nn.Linear(6, 3),
    )
    words = pad_sequence([torch.randint(1, 9, (n,)) for n in (7, 4, 3, 5)], batch_first=True)
    tags = torch.randint(0, 3, (4, 7))
    F.cross_entropy(head(gru(emb(words))[0]).flatten(0, 1), tags.flatten()).backward()


@right
def packed_tags() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
    n = torch.tensor([5, 3, 2])
    x = pad_sequence([torch.randn(k, 4) for k in n.tolist()], batch_first=True)
    tags = pad_sequence([torch.randint(0, 3, (k,)) for k in n.tolist()], batch_first=True)
    out = gru(pack_padded_sequence(x, n, batch_first=True))[0]
    F.cross_entropy(head(out.data), pack_padded_sequence(tags, n, batch_first=True).data).backward()


@right
def classes_moved() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 5)
    F.cross_entropy(
        head(gru(torch.randn(3, 5, 4))[0]).transpose(1, 2), torch.randint(0, 5, (3, 5))
    ).backward()


@right
def conv_head() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Conv1d(6, 5, 1)
    F.cross_entropy(
        head(gru(torch.randn(3, 5, 4))[0].transpose(1, 2)), torch.randint(0, 5, (3, 5))
    ).backward()


@right
def pointer_scores() -> None:
    gru, q = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 6)
    h = gru(torch.randn(3, 5, 4))[0]
    s = q(h) @ h.transpose(1, 2)
    F.cross_entropy(s.transpose(1, 2), torch.randint(0, 5, (3, 5))).backward()


@right
def permuted_matrix() -> None:
    gru, w = nn.GRU(4, 6), nn.Parameter(torch.randn(6, 5))
    out = gru(torch.randn(5, 3, 4))[0] @ w
    F.cross_entropy(out.permute(1, 2, 0), torch.randint(0, 5, (3, 5))).backward()


@right
def nll_transposed() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 5)
    F.nll_loss(
        head(gru(torch.randn(3, 5, 4))[0]).log_softmax(-1).transpose(1, 2),
        torch.randint(0, 5, (3, 5)),
    ).backward()


@right
def weights_tied_to_the_embedding() -> None:
    emb, gru = nn.Embedding(6, 6), nn.GRU(6, 6, batch_first=True)
    w = torch.randint(0, 6, (3, 7))
    F.cross_entropy((gru(emb(w[:, :-1]))[0] @ emb.weight.t()).transpose(1, 2), w[:, 1:]).backward()


@right
def weights_in_a_row() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(5, 4):
        losses = F.cross_entropy(head(gru(x)[1][-1]), y, reduction="none")
        (losses * torch.rand(6)).mean().backward()


@right
def column_and_column() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 1)
    for x, y in batches(5, 4):
        ((head(gru(x)[1][-1]) - y[:, None].float()).pow(2) * torch.rand(6, 1)).mean().backward()


@right
def as_many_quantiles_as_samples() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 1)
    q = torch.linspace(0.1, 0.9, 6)
    for x, y in batches(5, 4):
        e = head(gru(x)[1][-1]).squeeze(1) - y.float()
        torch.maximum(q[:, None] * e, (q[:, None] - 1) * e).mean().backward()


@right
def states_straight() -> None:
    a, b = nn.LSTM(4, 6), nn.LSTM(4, 6)
    _, (h, c) = a(torch.randn(5, 3, 4))
    b(torch.randn(7, 3, 4), (h, c))[0].pow(2).mean().backward()


@right
def cell_as_both() -> None:
    a, b = nn.LSTM(4, 6), nn.LSTM(4, 6)
    _, (_, c) = a(torch.randn(5, 3, 4))
    b(torch.randn(7, 3, 4), (c, c))[0].pow(2).mean().backward()


@right
def zeros_as_both() -> None:
    lstm, head = nn.LSTM(4, 8), nn.Linear(8, 1)
    for _ in range(3):
        h, c = torch.zeros(1, 3, 8), torch.zeros(1, 3, 8)
        output, (h, c) = lstm(torch.randn(5, 3, 4), (c, h))
        head(output).pow(2).mean().backward()


@right
def straight_chunks() -> None:
    lstm, head = nn.LSTM(4, 8), nn.Linear(8, 1)
    h, c = torch.zeros(1, 3, 8), torch.zeros(1, 3, 8)
    for _ in range(3):
        output, (h, c) = lstm(torch.randn(5, 3, 4), (h, c))
        h, c = h.detach(), c.detach()
        head(output).pow(2).mean().backward()


@mistake("RNN408")
def crossed_in_a_loop() -> None:
    a = nn.LSTMCell(4, 6)
    h, c = torch.zeros(3, 6), torch.zeros(3, 6)
    for _ in range(4):
        h, c = a(torch.randn(3, 4), (c, h))
    h.pow(2).mean().backward()


# ---- dropout that no mode reaches ----------------------------------------------------------------


class Net(nn.Module):
    def __init__(self, drop: Callable[[Any, torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.rnn, self.out = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 2)
        self.dropout, self.drop = nn.Dropout(0.4), drop

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.out(self.drop(self, self.rnn(x)[1][-1]))
        return y


def evaluated(drop: Callable[[Any, torch.Tensor], torch.Tensor], training: bool) -> None:
    Net(drop).train(training)(torch.randn(3, 5, 4))


@mistake("RNN115")
def dropped_in_evaluation() -> None:
    evaluated(lambda _, h: F.dropout(h, p=0.4), False)


@right
def dropped_in_training() -> None:
    evaluated(lambda _, h: F.dropout(h, p=0.4), True)


@right
def told_the_mode() -> None:
    evaluated(lambda net, h: F.dropout(h, 0.4, net.training), False)


@right
def sampled_on_purpose() -> None:
    evaluated(lambda _, h: F.dropout(h, 0.4, training=True), False)


@right
def a_module_left_in_training_on_purpose() -> None:
    evaluated(lambda net, h: net.dropout.train()(h), False)


@right
def a_module_that_evaluates() -> None:
    evaluated(lambda net, h: net.dropout(h), False)


# ---- lengths that were counted -------------------------------------------------------------------


def packed(lengths: torch.Tensor, words: torch.Tensor) -> None:
    emb, gru, head = (
        nn.Embedding(9, 4, padding_idx=0),
        nn.GRU(4, 6, batch_first=True),
        nn.Linear(6, 3),
    )
    _, h = gru(pack_padded_sequence(emb(words), lengths, batch_first=True, enforce_sorted=False))
    F.cross_entropy(head(h[-1]), torch.arange(len(words)) % 3).backward()


def words_of(*rows: tuple[int, ...]) -> torch.Tensor:
    return torch.tensor([[*row, *[0] * (6 - len(row))] for row in rows])


@mistake("RNN514")
def a_word_is_as_padding() -> None:
    words = words_of((1, 0, 3, 4), (5, 6), (7, 0, 0, 8, 2, 3), (2, 3, 4))
    packed((words != 0).sum(1), words)


@right
def no_word_is_as_padding() -> None:
    words = words_of((1, 5, 3, 4), (5, 6), (7, 1, 1, 8, 2, 3), (2, 3, 4))
    packed((words != 0).sum(1), words)


@right
def a_word_as_padding_and_its_lengths_known() -> None:
    words = words_of((1, 0, 3, 4), (5, 6), (7, 0, 0, 8, 2, 3), (2, 3, 4))
    packed(torch.tensor([4, 2, 6, 3]), words)


@right
def a_word_as_padding_at_the_end() -> None:
    words = words_of((1, 5, 3, 0), (5, 6), (7, 1, 1, 8, 2, 3), (2, 3, 0))
    packed((words != 0).sum(1), words)


@right
def the_last_word_that_is_none() -> None:
    words = words_of((1, 0, 3, 4), (5, 6), (7, 0, 0, 8, 2, 3), (2, 3, 4))
    packed(((words != 0) * torch.arange(1, 7)).amax(1), words)


@right
def cut_to_four_words() -> None:
    words = words_of((1, 2, 3, 4, 5), (5, 6), (7, 1, 1, 8, 2, 3), (2, 3, 4))
    packed((words != 0).sum(1).clamp(max=4), words)


@right
def lengths_counted_along_the_steps() -> None:
    x = torch.zeros(3, 9, 4)
    for row, length in enumerate((9, 7, 5)):
        x[row, :length] = torch.rand(length, 4) + 0.1
    lstm, x = nn.LSTM(4, 6, batch_first=True), nn.Linear(4, 4, bias=False)(x)
    lengths = (x.abs().sum(dim=2) > 0).sum(dim=1)
    _, (h_n, _) = lstm(pack_padded_sequence(x, lengths, batch_first=True))
    h_n.pow(2).mean().backward()


# ---- two orders ----------------------------------------------------------------------------------


def sorted_rows(restored: bool, both: bool) -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(10, 2)
    x, lengths = torch.randn(5, 7, 4), torch.tensor([2, 5, 3, 7, 4])
    lengths, order = lengths.sort(descending=True)
    _, h_n = gru(pack_padded_sequence(x[order], lengths, batch_first=True))
    rows = h_n[-1][order.argsort()] if restored else h_n[-1]
    joined = head(torch.cat([rows, x[order][:, 0] if both else x[:, 0]], dim=-1))
    y = torch.tensor([0, 1, 1, 0, 1])
    F.cross_entropy(joined, y[order] if both else y).backward()


@right
def sorted_and_restored() -> None:
    sorted_rows(True, False)


@right
def all_of_it_sorted() -> None:
    sorted_rows(False, True)


@mistake("RNN502")
def one_of_two_sorted() -> None:
    sorted_rows(False, False)


# ---- all steps at once ---------------------------------------------------------------------------


@mistake("RNN712")
def the_next_word_from_both_sides() -> None:
    words = torch.randint(0, 9, (3, 8))
    given, asked = words[:, :-1], words[:, 1:].flatten()
    embedding, head = nn.Embedding(9, 4), nn.Linear(12, 9)
    gru = nn.GRU(4, 6, batch_first=True, bidirectional=True)
    output, _ = gru(embedding(given))
    F.nll_loss(head(output).flatten(0, 1).log_softmax(1), asked).backward()


@right
def the_next_word_by_way_of_a_summary() -> None:
    words = torch.randint(0, 9, (3, 8))
    given, asked = words[:, :-1], words[:, 1:].flatten()
    embedding, head = nn.Embedding(9, 4), nn.Linear(12, 9 * 7)
    gru = nn.GRU(4, 6, batch_first=True, bidirectional=True)
    _, h = gru(embedding(given))
    scores = head(torch.cat((h[0], h[1]), 1)).view(21, 9)
    F.nll_loss(scores.log_softmax(1), asked).backward()


# ---- lists and pairs -----------------------------------------------------------------------------


def tagged(put: Callable[[Any], torch.Tensor], lengths: tuple[int, ...] = (3, 6, 4, 2, 5)) -> None:
    emb, gru, head = nn.Embedding(9, 4), nn.GRU(4, 6), nn.Linear(6, 3)
    words = [torch.randint(0, 9, (n,)) for n in lengths]
    tags = [torch.randint(0, 3, (n,)) for n in lengths]
    packed = pack_sequence([emb(w) for w in words], enforce_sorted=False)
    F.cross_entropy(head(gru(packed)[0].data), put(tags)).backward()


@mistake("RNN713")
def cat_tags() -> None:
    tagged(torch.cat)


@right
def tags_packed_alike() -> None:
    tagged(lambda t: pack_sequence(t, enforce_sorted=False).data)


@right
def equal_lengths() -> None:
    tagged(lambda t: pack_sequence(t, enforce_sorted=False).data, lengths=(4, 4, 4))


@right
def padded_and_cat() -> None:
    emb, gru, head = nn.Embedding(9, 4), nn.GRU(4, 6), nn.Linear(6, 3)
    L = (3, 6, 4, 2, 5)
    words = [torch.randint(0, 9, (n,)) for n in L]
    tags = [torch.randint(0, 3, (n,)) for n in L]
    out, n = pad_packed_sequence(
        gru(pack_sequence([emb(w) for w in words], enforce_sorted=False))[0], batch_first=True
    )
    scores = torch.cat([head(o[:k]) for o, k in zip(out, n.tolist(), strict=True)])
    F.cross_entropy(scores, torch.cat(tags)).backward()


@right
def tags_step_by_step() -> None:
    emb, gru, head = nn.Embedding(9, 4), nn.GRU(4, 6), nn.Linear(6, 3)
    L = (6, 5, 3, 2, 1)
    words = [torch.randint(0, 9, (n,)) for n in L]
    tags = [torch.randint(0, 3, (n,)) for n in L]
    packed = pack_sequence([emb(w) for w in words])
    gold = torch.cat([torch.stack([t[i] for t in tags if len(t) > i]) for i in range(6)])
    F.cross_entropy(head(gru(packed)[0].data), gold).backward()


@right
def masked_both() -> None:
    emb, gru, head = nn.Embedding(9, 4), nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
    L = (3, 6, 4, 2, 5)
    words = pad_sequence([emb(torch.randint(0, 9, (n,))) for n in L], batch_first=True)
    tags = [torch.randint(0, 3, (n,)) for n in L]
    m = torch.arange(6) < torch.tensor(L)[:, None]
    F.cross_entropy(head(gru(words)[0])[m], torch.cat(tags)).backward()


def pairs(
    loss: Callable[[torch.Tensor], torch.Tensor], both: bool = False, restore: bool = False
) -> None:
    gru, img = nn.GRU(4, 6, batch_first=True), nn.Linear(10, 6)
    x, im, lengths = torch.randn(5, 7, 4), torch.randn(5, 10), torch.tensor([2, 5, 3, 7, 4])
    n, order = lengths.sort(descending=True)
    _, h = gru(pack_padded_sequence(x[order], n, batch_first=True))
    h = h[-1][order.argsort()] if restore else h[-1]
    im = im[order] if both else im
    s = F.normalize(img(im), dim=1) @ F.normalize(h, dim=1).t()
    loss(s).backward()


def chosen(s: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(s, torch.arange(5))


def hinge(s: torch.Tensor) -> torch.Tensor:
    d = s.diag()
    return ((0.2 + s - d[:, None]).clamp(min=0) * (1 - torch.eye(5))).sum()


@mistake("RNN502")
def never_restored() -> None:
    pairs(hinge)


@mistake("RNN502")
def never_restored_softmax() -> None:
    pairs(chosen)


@right
def restored() -> None:
    pairs(hinge, restore=True)


@right
def both_sorted() -> None:
    pairs(hinge, both=True)


@right
def any_pair() -> None:
    pairs(lambda s: s.max(1).values.neg().mean())


@right
def all_pairs() -> None:
    pairs(lambda s: s.pow(2).mean())


@right
def noise_rows() -> None:
    gru, g = nn.GRU(4, 6, batch_first=True), nn.Linear(10, 6)
    x, z, lengths = torch.randn(5, 7, 4), torch.randn(5, 10), torch.tensor([2, 5, 3, 7, 4])
    n, order = lengths.sort(descending=True)
    h = gru(pack_padded_sequence(x[order], n, batch_first=True))[1][-1]
    (h + g(z)).pow(2).mean().backward()


@pytest.mark.parametrize(("code", "program"), MISTAKES, ids=lambda v: getattr(v, "__name__", v))
def test_a_mistake_is_told(code: str, program: Program) -> None:
    assert told(program) == [code]


@pytest.mark.parametrize("program", RIGHT, ids=lambda v: v.__name__)
def test_what_is_right_is_left_alone(program: Program) -> None:
    assert told(program) == []
