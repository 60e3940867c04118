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
