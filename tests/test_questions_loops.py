"""Loops that lose the past of a state: mistakes at their lines, and what comes near them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader, TensorDataset

from rnnscope.measuring.randomness import preserved_randomness
from rnnscope.watching import watch

Program = Callable[[], None]
LABELS = torch.tensor([0, 1, 1])


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    with preserved_randomness():
        torch.manual_seed(0)
        yield


def found(program: Program) -> list[tuple[str, int]]:
    """Codes and lines of what a watch says of this function."""
    with watch() as seen:
        program()
    return [(f.code, f.location.line) for f in seen.findings if f.severity.counts and f.location]


# ---- the gradient of a loop ----------------------------------------------------------------------


def cut_in_every_step() -> None:
    cell, head = nn.LSTMCell(4, 6), nn.Linear(6, 2)
    h = c = torch.zeros(3, 6)
    for x in torch.randn(5, 3, 4):
        h, c = cell(x, (h, c))
        h, c = h.detach(), c.detach()  # RNN611
    h, c = cell(torch.zeros(3, 4), (h, c))
    F.cross_entropy(head(h), LABELS).backward()


def cut_by_data() -> None:
    rnn, head, h = nn.GRU(4, 6, 2), nn.Linear(6, 2), torch.zeros(2, 3, 6)
    for x in torch.randn(5, 1, 3, 4):
        _, h = rnn(x, h.data.clone())  # RNN611
    F.cross_entropy(head(h[-1]), LABELS).backward()


def cut_by_hand() -> None:
    read, forget, head, h = nn.Linear(10, 6), nn.Linear(10, 6), nn.Linear(6, 2), torch.zeros(3, 6)
    for x in torch.randn(5, 3, 4):
        both = torch.cat([x, h.detach()], 1)  # RNN611
        h = torch.tanh(read(both)) * torch.sigmoid(forget(both))
    F.cross_entropy(head(h), LABELS).backward()


def looped(step: Callable[[int, nn.Module, Any, torch.Tensor], torch.Tensor]) -> Program:
    """A loop over eight steps whose last state alone is read."""

    def program() -> None:
        cell, head, h = nn.GRUCell(4, 6), nn.Linear(6, 2), torch.zeros(3, 6)
        for n, x in enumerate(torch.randn(8, 3, 4)):
            h = step(n, cell, x, h)
        F.cross_entropy(head(h), LABELS).backward()

    return program


def without_gradients(n: int, cell: nn.Module, x: Any, h: torch.Tensor) -> torch.Tensor:
    with torch.set_grad_enabled(n == 7):
        after: torch.Tensor = cell(x, h)
    return after


def kept_aside(n: int, cell: nn.Module, x: Any, h: torch.Tensor) -> torch.Tensor:
    after: torch.Tensor = cell(x, h)
    assert not after.detach().isnan().any()
    return after


def cut_with_a_loss_in_each_step() -> None:
    cell, head, h, loss = nn.GRUCell(4, 6), nn.Linear(6, 2), torch.zeros(3, 6), torch.zeros(())
    for x in torch.randn(5, 3, 4):
        h = cell(x, h.detach())
        loss = loss + F.cross_entropy(head(h), LABELS)
    loss.backward()


def cut_between_pieces() -> None:
    rnn, head, h = nn.GRU(4, 6), nn.Linear(6, 2), torch.zeros(1, 3, 6)
    for piece in torch.randn(4, 5, 3, 4):
        _, h = rnn(piece, h.detach())
    F.cross_entropy(head(h[-1]), LABELS).backward()


def one_of_two_states_is_cut() -> None:
    cell, head = nn.LSTMCell(4, 6), nn.Linear(6, 2)
    h = c = torch.zeros(3, 6)
    for x in torch.randn(5, 3, 4):
        h, c = cell(x, (h.detach(), c))
    F.cross_entropy(head(h), LABELS).backward()


def a_fixed_reservoir() -> None:
    cell, head, h = nn.RNNCell(4, 30), nn.Linear(30, 2), torch.zeros(3, 30)
    cell.requires_grad_(requires_grad=False)
    for x in torch.randn(5, 3, 4):
        h = cell(x, h.detach())
    F.cross_entropy(head(h), LABELS).backward()


def the_same_input_is_refined() -> None:
    cell, head, h, x = nn.GRUCell(4, 6), nn.Linear(6, 2), torch.zeros(3, 6), torch.randn(3, 4)
    for _ in range(5):
        h = cell(x, h.detach())
    F.cross_entropy(head(h), LABELS).backward()


def every_state_is_attended_to() -> None:
    cell, head, h, states = nn.GRUCell(4, 6), nn.Linear(6, 2), torch.zeros(3, 6), []
    for x in torch.randn(5, 3, 4):
        h = cell(x, h.detach())
        states.append(h)
    F.cross_entropy(head(torch.stack(states).mean(0)), LABELS).backward()


def an_upper_cell_reads_every_step() -> None:
    lower, upper, head = nn.GRUCell(4, 6), nn.GRUCell(6, 6), nn.Linear(6, 2)
    h = g = torch.zeros(3, 6)
    for x in torch.randn(5, 3, 4):
        h = lower(x, h.detach())
        g = upper(h, g)
    F.cross_entropy(head(g), LABELS).backward()


def refined_by_hand() -> None:
    """An equilibrium, whose gradient is taken of its last step."""
    mix, head, h, x = nn.Linear(10, 6), nn.Linear(6, 2), torch.zeros(3, 6), torch.randn(3, 4)
    for _ in range(6):
        h = torch.tanh(mix(torch.cat([x, h.detach()], 1)))
    F.cross_entropy(head(h), LABELS).backward()


def refined_from_an_encoding() -> None:
    inject, mix, head = nn.Linear(4, 6), nn.Linear(6, 6), nn.Linear(6, 2)
    h, x = torch.zeros(3, 6), torch.randn(3, 4)
    for _ in range(6):
        h = torch.tanh(inject(x) + mix(h.detach()))
    F.cross_entropy(head(h), LABELS).backward()


def drawn_by_a_chain() -> None:
    """Langevin steps: noise is new in each, data are not."""
    energy, out, x = nn.Linear(4, 6), nn.Linear(6, 4), torch.randn(3, 4)
    for _ in range(6):
        x = x.detach() - 0.1 * out(torch.tanh(energy(x.detach()))) + 0.1 * torch.randn(3, 4)
    (x**2).sum().backward()


def segments_with_a_memory() -> None:
    mix, head, memory = nn.Linear(8, 4), nn.Linear(4, 2), torch.zeros(3, 5, 4)
    for piece in torch.randn(4, 3, 5, 4):
        memory = torch.tanh(mix(torch.cat([piece, memory.detach()], -1)))
    F.cross_entropy(head(memory.mean(1)), LABELS).backward()


def an_actor_in_turns() -> None:
    policy, value, loss, seen = nn.Linear(4, 4), nn.Linear(4, 1), torch.zeros(()), torch.randn(3, 4)
    for step in torch.randn(5, 3, 4):
        seen = torch.tanh(policy(seen.detach())) + step
        loss = loss + value(seen).mean()
    loss.backward()


GRADIENTS = {
    "an equilibrium": refined_by_hand,
    "an encoding": refined_from_an_encoding,
    "a chain": drawn_by_a_chain,
    "segments": segments_with_a_memory,
    "an actor": an_actor_in_turns,
    "cut once after a warm-up": looped(lambda n, cell, x, h: cell(x, h.detach() if n == 4 else h)),
    "cut before the last step": looped(lambda n, cell, x, h: cell(x, h.detach() if n == 7 else h)),
    "cut in every third step": looped(lambda n, cell, x, h: cell(x, h if n % 3 else h.detach())),
    "warmed up without gradients": looped(without_gradients),
    "a detached copy is looked at": looped(kept_aside),
    "a loss in each step": cut_with_a_loss_in_each_step,
    "cut between pieces": cut_between_pieces,
    "one of two states": one_of_two_states_is_cut,
    "a fixed reservoir": a_fixed_reservoir,
    "the same input": the_same_input_is_refined,
    "every state is read": every_state_is_attended_to,
    "an upper cell": an_upper_cell_reads_every_step,
}


# ---- rows that are chosen ------------------------------------------------------------------------

WORDS = 9


class Decoder(nn.Module):
    def __init__(self, layers: int = 1) -> None:
        super().__init__()
        self.embed = nn.Embedding(WORDS, 4)
        self.lstm = nn.LSTM(4, 6, layers, batch_first=True)
        self.out = nn.Linear(6, WORDS)

    def forward(self, words: torch.Tensor, state: Any = None) -> Any:
        output, state = self.lstm(self.embed(words), state)
        return self.out(output[:, -1]).log_softmax(-1), state


def beams(rows: int, layers: int = 1) -> tuple[Decoder, Any, torch.Tensor, torch.Tensor]:
    state = torch.randn(2, layers, rows, 6).unbind()
    return Decoder(layers), state, torch.arange(rows)[:, None], torch.zeros(rows, 1)


@torch.no_grad()
def beams_without_their_states() -> None:
    decoder, state, words, scores = beams(3)
    for _ in range(4):
        answer, state = decoder(words[:, -1:], state)
        top, best = (answer + scores).flatten().topk(3)
        words = torch.cat([words[best // WORDS], (best % WORDS)[:, None]], 1)  # RNN612
        scores = top[:, None]


@torch.no_grad()
def beams_of_samples_without_their_cells() -> None:
    decoder, state, words, _ = beams(6, layers=2)
    words, scores = words.view(2, 3, 1), torch.zeros(2, 3)
    for _ in range(4):
        answer, (h, c) = decoder(words[:, :, -1].reshape(-1, 1), state)
        scores, best = (answer.view(2, 3, -1) + scores[:, :, None]).flatten(1).topk(3)
        beam = (best // WORDS)[:, :, None].expand(-1, -1, words.shape[2])
        words = torch.cat([words.gather(1, beam), (best % WORDS)[:, :, None]], 2)  # RNN612
        state = h[:, (best // WORDS + torch.tensor([[0], [3]])).flatten()], c


def searched(
    reorder: Callable[[torch.Tensor, torch.Tensor], torch.Tensor], rows: int = 3
) -> Program:
    @torch.no_grad()
    def program() -> None:
        decoder, state, words, scores = beams(rows, layers=2)
        for _ in range(4):
            answer, state = decoder(words[:, -1:], state)
            top, best = (answer + scores).flatten().topk(rows)
            words = torch.cat([words[best // WORDS], (best % WORDS)[:, None]], 1)
            state, scores = tuple(reorder(s, best // WORDS) for s in state), top[:, None]

    return program


@torch.no_grad()
def every_prefix_is_read_again() -> None:
    decoder, _, words, scores = beams(3)
    for _ in range(4):
        top, best = (decoder(words)[0] + scores).flatten().topk(3)
        words = torch.cat([words[best // WORDS], (best % WORDS)[:, None]], 1)
        scores = top[:, None]


@torch.no_grad()
def beams_with_pointers_back() -> None:
    decoder, state, words, scores = beams(3)
    last, pointers = words, []
    for _ in range(4):
        answer, state = decoder(last, state)
        top, best = (answer + scores).flatten().topk(3)
        pointers.append((best // WORDS, best % WORDS))
        state = tuple(s[:, best // WORDS] for s in state)
        last, scores = (best % WORDS)[:, None], top[:, None]
    row = torch.tensor(0)
    for beam, _word in reversed(pointers):
        row = beam[row]


@torch.no_grad()
def the_best_come_first_in_the_end() -> None:
    decoder, state, words, scores = beams(5)
    for _ in range(4):
        answer, state = decoder(words[:, -1:], state)
        best, word = answer.max(-1, keepdim=True)
        words, scores = torch.cat([words, word], 1), scores + best
    words = words[scores[:, 0].argsort(descending=True)]


@torch.no_grad()
def greedy_answers_as_rows_of_a_table() -> None:
    """As many words as rows: ``table[word]`` looks like rows in another order."""
    table, cell, out, h = torch.eye(6), nn.GRUCell(6, 8), nn.Linear(8, 6), torch.randn(6, 8)
    word, words = torch.arange(6), torch.arange(6)[:, None]
    for _ in range(5):
        h = cell(table[word], h)
        word = out(h).argmax(-1)
        words = torch.cat([words, word[:, None]], 1)


@torch.no_grad()
def pointers_into_the_input() -> None:
    cell, query, h, data = (
        nn.GRUCell(4, 8),
        nn.Linear(8, 4),
        torch.randn(3, 8),
        torch.randn(3, 3, 4),
    )
    step = torch.zeros(3, 4)
    for _ in range(4):
        h = cell(step, h)
        chosen = (data @ query(h)[:, :, None]).squeeze(-1).argmax(-1)
        step = data[torch.arange(3), chosen]


@torch.no_grad()
def words_are_sampled() -> None:
    decoder, state, words, _ = beams(4)
    for _ in range(4):
        answer, state = decoder(words[:, -1:], state)
        words = torch.cat([words, answer.exp().multinomial(1)], 1)


@torch.no_grad()
def rows_that_are_done_leave() -> None:
    decoder, state, words, _ = beams(5)
    for _ in range(4):
        answer, state = decoder(words[:, -1:], state)
        going = answer.argmax(-1).ne(0).nonzero().flatten()
        words = torch.cat([words, answer.argmax(-1, keepdim=True)], 1)[going]
        state = tuple(s[:, going] for s in state)


ROWS = {
    "states indexed": searched(lambda state, beam: state[:, beam]),
    "states selected": searched(lambda state, beam: state.index_select(1, beam)),
    "states gathered": searched(lambda s, beam: s.gather(1, beam[None, :, None].expand_as(s))),
    "a beam of one": searched(lambda state, _: state, rows=1),
    "no state at all": every_prefix_is_read_again,
    "pointers back": beams_with_pointers_back,
    "sorted in the end": the_best_come_first_in_the_end,
    "a table of answers": greedy_answers_as_rows_of_a_table,
    "pointers into the input": pointers_into_the_input,
    "sampled": words_are_sampled,
    "rows leave": rows_that_are_done_leave,
}


# ---- streams -------------------------------------------------------------------------------------


def language_model(batch_first: bool = False) -> tuple[nn.Module, nn.Module, nn.Module]:
    return nn.Embedding(31, 4), nn.LSTM(4, 6, batch_first=batch_first), nn.Linear(6, 31)


def stream(count: int = 1200) -> torch.Tensor:
    return torch.randint(3, (count,)).cumsum(0) % 31


def written_line_by_line() -> None:
    embed, lstm, head = language_model()
    data, state = stream()[:1000].view(-1, 10), None  # RNN314
    for start in range(0, 36, 12):
        output, state = lstm(embed(data[start : start + 12]), state)
        state = tuple(s.detach() for s in state)
        wanted = data[start + 1 : start + 13]
        F.cross_entropy(head(output).flatten(0, 1), wanted.flatten()).backward()


def a_curve_line_by_line() -> None:
    gru, head = nn.GRU(1, 8), nn.Linear(8, 1)
    curve = F.avg_pool1d(torch.randn(1, 1, 4015), 16, 1).flatten().clone()
    table = curve.reshape(-1, 40)  # RNN314
    for start in range(0, 24, 8):
        piece = table[start : start + 9, :, None]
        F.mse_loss(head(gru(piece[:-1])[0]), piece[1:]).backward()


def cut(table: Callable[[], torch.Tensor], batch_first: bool = False) -> Program:
    """A language model on a table of (steps, rows), or of rows and steps."""

    def program() -> None:
        embed, lstm, head = language_model(batch_first)
        data = table()
        data = data.t() if batch_first else data
        for start in range(0, 30, 10):
            piece = data[start : start + 11]
            given, wanted = piece[:-1], piece[1:]
            given, wanted = (given.t(), wanted.t()) if batch_first else (given, wanted)
            scores = head(lstm(embed(given))[0])
            F.cross_entropy(scores.flatten(0, 1), wanted.flatten()).backward()

    return program


def measured(table: Callable[[], torch.Tensor]) -> Program:
    """A forecast of the next step of each column."""

    def program() -> None:
        gru, head, data = nn.GRU(1, 8), nn.Linear(8, 1), table()
        for start in range(0, 24, 8):
            piece = data[start : start + 9, :, None]
            F.mse_loss(head(gru(piece[:-1])[0]), piece[1:]).backward()

    return program


STREAMS = {
    "cut into pieces": cut(lambda: stream().view(12, -1).t()),
    "cut and copied": cut(lambda: stream().view(12, -1).t().contiguous()),
    "batch first": cut(lambda: stream().view(12, -1), batch_first=True),
    "windows": cut(lambda: stream(90).unfold(0, 40, 5).t()),
    "windows that overlap": cut(lambda: stream(60).unfold(0, 40, 1).t()),
    "chunks side by side": cut(lambda: torch.stack(stream().chunk(12), 1)),
    "no order at all": cut(lambda: torch.randint(31, (1200,)).view(-1, 12)),
    "a period as long as a line": cut(lambda: (torch.arange(1200) % 12).view(-1, 12)),
    "a table of series": measured(lambda: torch.randn(100, 12).cumsum(0).flatten().view(-1, 12)),
    "series beside each other": measured(
        lambda: torch.cat(torch.randn(100, 12).cumsum(0).split(1), 1)[0].view(-1, 12)
    ),
    "noise": measured(lambda: torch.randn(1200).view(-1, 12)),
    "series in columns": measured(lambda: torch.randn(1200).cumsum(0).view(12, -1).t()),
}


# ---- orders of rows ------------------------------------------------------------------------------


class Sorting(nn.Module):
    """Sorts its batch by length, and keeps its state as ``keep`` says."""

    def __init__(self, keep: Callable[..., torch.Tensor | None]) -> None:
        super().__init__()
        self.gru, self.head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3)
        self.keep, self.state = keep, torch.zeros(1, 6, 6)

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> Any:
        ordered, order = lengths.sort(descending=True)
        packed = pack_padded_sequence(x[order], ordered, batch_first=True)
        given = self.keep(self.state, order)
        _, h_n = self.gru(packed, given)  # RNN601
        self.state = h_n.detach() if given is self.state else h_n[:, order.argsort()].detach()
        return self.head(h_n[-1][order.argsort()])


def events(count: int = 4) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    for _ in range(count):
        lengths = torch.randperm(6) + 2
        x = [torch.randn(int(n), 4) for n in lengths]
        yield pad_sequence(x, batch_first=True), lengths, torch.randint(3, (6,))


def sorted_anew() -> None:
    model = Sorting(lambda state, _: state)
    for x, lengths, y in events():
        F.cross_entropy(model(x, lengths), y).backward()


def sorted_by(keep: Callable[..., torch.Tensor | None]) -> Program:
    def program() -> None:
        model = Sorting(keep)
        for x, lengths, y in events():
            F.cross_entropy(model(x, lengths), y).backward()

    return program


def torch_sorts() -> None:
    gru, head, state = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3), torch.zeros(1, 6, 6)
    for x, lengths, y in events():
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        _, h_n = gru(packed, state)
        state = h_n.detach()
        F.cross_entropy(head(h_n[-1]), y).backward()


def sorted_once() -> None:
    gru, head, state = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3), torch.zeros(1, 6, 6)
    order = torch.randperm(6)
    for piece in torch.randn(6, 32, 4).split(8, 1):
        output, state = gru(piece[order], state)
        state = state.detach()
        F.mse_loss(head(output)[..., 0], piece[order].sum(-1)).backward()


def states_of_a_table() -> None:
    gru, head, table = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 3), torch.zeros(1, 6, 6)
    for x, _, y in events():
        order = torch.randperm(6)
        _, h_n = gru(x[order], table[:, order])
        table = torch.zeros(1, 6, 6).index_copy(1, order, h_n.detach())
        F.cross_entropy(head(h_n[-1]), y[order]).backward()


def sorted_for_a_decoder() -> None:
    encoder, decoder, head = nn.GRU(4, 6), nn.GRU(4, 6), nn.Linear(6, 4)
    for x, lengths, _ in events():
        ordered, order = lengths.sort(descending=True)
        _, h_n = encoder(pack_padded_sequence(x[order].transpose(0, 1), ordered))
        output, _ = decoder(x[order].transpose(0, 1), h_n)
        F.mse_loss(head(output)[:-1], x[order].transpose(0, 1)[1:]).backward()


def outputs_in_order() -> None:
    gru, head = nn.GRU(4, 6, batch_first=True), nn.Linear(6, 4)
    for x, lengths, _ in events():
        ordered, order = lengths.sort(descending=True)
        output = gru(pack_padded_sequence(x[order], ordered, batch_first=True))[0]
        output = pad_packed_sequence(output, batch_first=True)[0][order.argsort()]
        mask = torch.arange(x.shape[1]) < lengths[:, None]
        F.mse_loss(head(output)[mask], x[mask].roll(1, -1)).backward()


ORDERS = {
    "states put in order": sorted_by(lambda state, order: state[:, order]),
    "no states": sorted_by(lambda *_: None),
    "zeros": sorted_by(lambda state, _: torch.zeros_like(state)),
    "torch sorts": torch_sorts,
    "sorted once": sorted_once,
    "states of a table": states_of_a_table,
    "an encoder and a decoder": sorted_for_a_decoder,
    "outputs in order": outputs_in_order,
}


# ---- states over shuffled batches ----------------------------------------------------------------


def batches(shuffle: bool) -> DataLoader[Any]:
    data = TensorDataset(torch.randn(24, 5, 4), torch.randint(0, 3, (24,)))
    return DataLoader(data, batch_size=6, shuffle=shuffle)


def carried_in_training_alone() -> None:
    gru, head, h = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3), torch.zeros(1, 6, 8)
    for x, y in batches(shuffle=True):
        h = h.detach()  # RNN601
        output, h = gru(x, h)
        F.cross_entropy(head(output[:, -1]), y).backward()
    with torch.no_grad():
        head(gru(torch.randn(9, 5, 4), torch.zeros(1, 9, 8))[0][:, -1]).argmax(-1)


def begun_again(reset: bool) -> Program:
    """Epochs of twelve pieces: the second begins where no step is recorded by itself."""

    def program() -> None:
        gru, head, series = nn.GRU(4, 8), nn.Linear(8, 4), torch.randn(61, 3, 4).cumsum(0)
        h = torch.zeros(1, 3, 8)
        for _ in range(2):
            h = torch.zeros(1, 3, 8) if reset else h
            for start in range(0, 60, 5):
                output, h = gru(series[start : start + 5], h.detach())
                F.mse_loss(head(output), series[start + 1 : start + 6]).backward()

    return program


def trained(shuffle: bool, fresh: bool, evaluated: str) -> Program:
    def program() -> None:
        gru, head, h = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3), torch.zeros(1, 6, 8)
        for x, y in batches(shuffle):
            h = torch.zeros(1, 6, 8) if fresh else h.detach()
            output, h = gru(x, h)
            F.cross_entropy(head(output[:, -1]), y).backward()
        h = torch.zeros(1, 6, 8)
        with torch.no_grad():
            for x, _ in batches(shuffle=False) if evaluated else ():
                h = torch.zeros(1, 6, 8) if evaluated == "fresh" else h
                output, h = gru(x, h)
                head(output[:, -1]).argmax(-1)

    return program


def pieces_of_shuffled_sequences() -> None:
    gru, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)
    for x, y in batches(shuffle=True):
        h = torch.zeros(1, 6, 8)
        for piece in x.repeat(1, 4, 1).cumsum(1).split(5, 1):
            output, h = gru(piece, h.detach())
            F.cross_entropy(head(output[:, -1]), y).backward()
    with torch.no_grad():
        head(gru(torch.randn(9, 5, 4))[0][:, -1]).argmax(-1)


SHUFFLED = {
    f"{'shuffled' if shuffle else 'in order'}, {'fresh' if fresh else 'carried'}, {evaluated}": (
        trained(shuffle, fresh, evaluated)
    )
    for shuffle in (True, False)
    for fresh in (True, False)
    for evaluated in ("", "fresh", "carried")
    if (shuffle, fresh, evaluated) != (True, False, "fresh")
} | {"pieces of shuffled sequences": pieces_of_shuffled_sequences}


# ---- all of them ---------------------------------------------------------------------------------

MISTAKES: list[Program] = [
    cut_in_every_step,
    cut_by_data,
    cut_by_hand,
    beams_without_their_states,
    beams_of_samples_without_their_cells,
    written_line_by_line,
    a_curve_line_by_line,
    carried_in_training_alone,
]


@pytest.mark.parametrize("program", MISTAKES, ids=lambda each: each.__name__)
def test_a_mistake_is_found_at_its_line(program: Program) -> None:
    source, first = inspect.getsourcelines(program)
    marked = [(n, line.split("# ")[1].strip()) for n, line in enumerate(source) if "# RNN" in line]
    assert marked
    assert set(found(program)) >= {(code, first + n) for n, code in marked}


def test_states_in_the_order_of_the_batch_before() -> None:
    assert {code for code, _ in found(sorted_anew)} == {"RNN601"}


def test_an_epoch_that_begins_where_the_last_one_ended() -> None:
    assert {code for code, _ in found(begun_again(reset=False))} == {"RNN601"}
    assert found(begun_again(reset=True)) == []


RIGHT = {**GRADIENTS, **ROWS, **STREAMS, **ORDERS, **SHUFFLED}
TOLD = ("RNN601", "RNN604", "RNN611", "RNN612", "RNN314")


@pytest.mark.parametrize("program", RIGHT.values(), ids=list(RIGHT))
def test_what_comes_near_is_right(program: Program) -> None:
    assert [each for each in found(program) if each[0] in TOLD] == []
