"""Cells that start from another cell's state, and pairs of cells that are right to do so."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

import rnnscope

State = tuple[Tensor, ...]
Step = Callable[[Tensor, State, State], tuple[State, State]]


def found(step: Step, gradients: bool = True) -> list[str]:
    """What is found in a loop over five steps; two states of h and c are handed from each to it."""
    torch.manual_seed(0)
    with rnnscope.watch(select="RNN605") as seen, torch.set_grad_enabled(gradients):
        low: State = (torch.zeros(3, 6), torch.zeros(3, 6))
        high = low
        for x in torch.randn(5, 3, 6):
            low, high = step(x, low, high)
        if gradients:
            high[0].sum().backward()
    return [finding.code for finding in seen.findings]


lower, upper = nn.LSTMCell(6, 6), nn.LSTMCell(6, 6)
first, second = nn.GRUCell(6, 6), nn.GRUCell(6, 6)
drop = nn.Dropout(0.5)


def borrowed(x: Tensor, low: State, high: State) -> tuple[State, State]:
    low = lower(x, low)
    return low, upper(low[0], low)


def borrowed_behind_dropout(x: Tensor, low: State, high: State) -> tuple[State, State]:
    low = lower(x, low)
    return low, upper(drop(low[0]), low)


def borrowed_by_gru(x: Tensor, low: State, high: State) -> tuple[State, State]:
    h = first(x, low[0])
    return (h,), (second(h, h),)


def stacked(x: Tensor, low: State, high: State) -> tuple[State, State]:
    low = lower(x, low)
    return low, upper(low[0], high)


def conditional(x: Tensor, low: State, high: State) -> tuple[State, State]:
    """Two cells hand one state back and forth."""
    between = first(x, high[0])
    return low, (second(between, between),)


def fed_back(x: Tensor, low: State, high: State) -> tuple[State, State]:
    """What the upper cell returns is read by the lower one, as a part of its input."""
    low = lower(x + torch.tanh(high[0]), low)
    return low, upper(low[0], low)


def without_loop(x: Tensor, low: State, high: State) -> tuple[State, State]:
    """One step for each batch: no state goes on at all."""
    low = lower(x)
    return low, upper(low[0], low)


def test_an_upper_cell_is_given_the_lower_state() -> None:
    assert [found(s) for s in (borrowed, borrowed_behind_dropout, borrowed_by_gru)] == [
        ["RNN605"]
    ] * 3


def test_pairs_of_cells_that_are_right() -> None:
    assert [found(s) for s in (stacked, conditional, fed_back, without_loop)] == [[]] * 4


def test_without_gradients_nothing_is_known() -> None:
    assert found(borrowed, gradients=False) == []


def test_an_evaluation_in_between_changes_nothing() -> None:
    def evaluated(x: Tensor, low: State, high: State) -> tuple[State, State]:
        with torch.no_grad():
            borrowed(x, low, high)
        return borrowed(x, low, high)

    assert found(evaluated) == ["RNN605"]
