"""States that a loop over steps leaves behind, and loops that are right."""

from __future__ import annotations

import torch
from torch import nn

import rnnscope


def found(program: object) -> list[str]:
    torch.manual_seed(0)
    with rnnscope.watch(select="RNN604") as seen:
        program()  # type: ignore[operator]
    return [finding.code for finding in seen.findings]


def masked(of_cell: bool) -> None:
    cell, alive = nn.LSTMCell(4, 6), torch.tensor([1.0, 0.0, 1.0]).unsqueeze(1)
    h = c = torch.zeros(3, 6)
    for x in torch.randn(4, 3, 4):
        h, c = cell(x, (h * alive, c * alive if of_cell else c))
    h.sum().backward()


def test_rows_of_h_alone_are_cleared() -> None:
    assert found(lambda: masked(of_cell=False)) == ["RNN604"]


def test_rows_of_both_are_cleared() -> None:
    assert found(lambda: masked(of_cell=True)) == []


def dropped(state_goes_on: bool) -> None:
    decoder, value = nn.GRU(2, 6, batch_first=True), nn.Linear(6, 2)
    state, step = torch.randn(1, 3, 6), torch.randn(3, 1, 2)
    for _ in range(6):
        output, after = decoder(step, state)
        step = value(output)
        state = after if state_goes_on else state
    step.sum().backward()


def test_a_decoder_that_drops_its_state() -> None:
    assert found(lambda: dropped(state_goes_on=False)) == ["RNN604"]


def test_a_decoder_that_goes_on() -> None:
    assert found(lambda: dropped(state_goes_on=True)) == []


def candidates() -> None:
    """The same state for several next words is how candidates are scored."""
    decoder, state = nn.GRU(2, 6, batch_first=True), torch.randn(1, 3, 6)
    scores = [decoder(x, state)[0] for x in torch.randn(6, 3, 1, 2)]
    torch.cat(scores).sum().backward()


def test_candidates_scored_from_one_state() -> None:
    assert found(candidates) == []


def dropout_of_h() -> None:
    """Dropout between steps clears units, not rows."""
    cell, drop = nn.LSTMCell(4, 6), nn.Dropout(0.5)
    h = c = torch.zeros(3, 6)
    for x in torch.randn(8, 3, 4):
        h, c = cell(x, (drop(h), c))
    h.sum().backward()


def test_dropout_between_the_steps() -> None:
    assert found(dropout_of_h) == []


def restarted_cell(carries_c: bool, chunks: int = 4) -> None:
    lstm = nn.LSTM(4, 6, batch_first=True)
    h = c = torch.zeros(1, 3, 6)
    for chunk in torch.randn(chunks, 3, 5, 4):
        c = c if carries_c else torch.zeros_like(h)
        output, (h, c) = lstm(chunk, (h, c))
        h, c = h.detach(), c.detach()
        output.sum().backward()


def test_c_restarts_from_zeros_in_every_chunk() -> None:
    assert found(lambda: restarted_cell(carries_c=False)) == ["RNN604"]


def test_both_states_go_on_from_chunk_to_chunk() -> None:
    assert found(lambda: restarted_cell(carries_c=True)) == []


def test_one_call_takes_h_alone() -> None:
    assert found(lambda: restarted_cell(carries_c=False, chunks=2)) == []


def decoders() -> None:
    """A decoder starts from the encoder's h and zeros, once for each batch."""
    encoder, decoder = nn.GRU(4, 6), nn.LSTM(4, 6)
    for batch in torch.randn(4, 5, 3, 4):
        _, h = encoder(batch)
        c = torch.zeros_like(h)
        for step in batch.split(1):
            _, (h, c) = decoder(step, (h, c))
        h.sum().backward()


def test_a_decoder_that_starts_from_h() -> None:
    assert found(decoders) == []
