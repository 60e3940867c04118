"""What watching costs: whole loops, watched over plain, in processor time of one run.

    python benchmarks/loops.py

Each loop runs in turns, plain and under a watch of its own, and the best of each counts. The
experiments that wait for the end of the watch are no part of the loop.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import nn

import rnnscope

ROUNDS = 3


def training(loss: Callable[[], torch.Tensor], *modules: nn.Module) -> Callable[[], None]:
    """One step of training."""
    optimizer = torch.optim.SGD([p for m in modules for p in m.parameters()], lr=0.01)

    def step() -> None:
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()

    return step


def large() -> tuple[Callable[[], None], int]:
    lstm, head = nn.LSTM(128, 256, 2), nn.Linear(256, 1)
    x = torch.randn(32, 32, 128)
    return training(lambda: head(lstm(x)[0][-1]).pow(2).mean(), lstm, head), 60


def tiny() -> tuple[Callable[[], None], int]:
    lstm, head = nn.LSTM(10, 20), nn.Linear(20, 1)
    x = torch.randn(5, 3, 10)
    return training(lambda: head(lstm(x)[0][-1]).pow(2).mean(), lstm, head), 2000


def cells() -> tuple[Callable[[], None], int]:
    cell, head = nn.LSTMCell(10, 20), nn.Linear(20, 1)
    x = torch.randn(200, 8, 10)

    def loss() -> torch.Tensor:
        h = c = torch.zeros(8, 20)
        for step in x:
            h, c = cell(step, (h, c))
        return head(h).pow(2).mean()  # type: ignore[no-any-return]

    return training(loss, cell, head), 150


def by_hand() -> tuple[Callable[[], None], int]:
    inner, outer, head = nn.Linear(10, 20), nn.Linear(20, 20), nn.Linear(20, 1)
    x = torch.randn(200, 8, 10)

    def loss() -> torch.Tensor:
        h = torch.zeros(8, 20)
        for step in x:
            h = torch.tanh(inner(step) + outer(h))
        return head(h).pow(2).mean()  # type: ignore[no-any-return]

    return training(loss, inner, outer, head), 100


def decoder() -> tuple[Callable[[], None], int]:
    cell, query, head = nn.LSTMCell(20, 20), nn.Linear(20, 20), nn.Linear(20, 5)
    memory = torch.randn(8, 15, 20)

    def loss() -> torch.Tensor:
        h = c = torch.zeros(8, 20)
        scores = []
        for _ in range(30):
            weights = torch.bmm(memory, query(h).unsqueeze(2)).softmax(1)
            h, c = cell((weights * memory).sum(1), (h, c))
            scores.append(head(h))
        return torch.stack(scores).pow(2).mean()

    return training(loss, cell, query, head), 200


def without_recurrence() -> tuple[Callable[[], None], int]:
    model = nn.Sequential(*[m for _ in range(20) for m in (nn.Linear(32, 32), nn.ReLU())])
    x = torch.randn(16, 32)
    return training(lambda: model(x).pow(2).mean(), model), 500


def inference() -> tuple[Callable[[], None], int]:
    lstm, x = nn.LSTM(10, 20), torch.randn(5, 3, 10)

    def step() -> None:
        with torch.no_grad():
            lstm(x)

    return step, 5000


LOOPS = {
    "LSTM(128, 256, 2)": (large, 1.03),
    "LSTM(10, 20), 2,000 steps": (tiny, 1.15),
    "LSTMCell over 200 steps": (cells, 1.15),
    "hand-written cell over 200 steps": (by_hand, 1.2),
    "attention decoder": (decoder, 1.15),
    "no recurrence at all": (without_recurrence, 1.02),
    "no_grad, 5,000 calls": (inference, 1.1),
}


def seconds(step: Callable[[], None], times: int) -> float:
    """Processor time of a loop."""
    began = time.process_time()
    for _ in range(times):
        step()
    return time.process_time() - began


def ratio(make: Callable[[], tuple[Callable[[], None], int]]) -> tuple[float, float]:
    """Seconds plain, and watched over plain."""
    best = [float("inf")] * 2
    for _ in range(ROUNDS):
        step, times = make()
        seconds(step, 20)
        best[0] = min(best[0], seconds(step, times))
        step, times = make()
        seconds(step, 20)
        with rnnscope.watch(show=False):
            best[1] = min(best[1], seconds(step, times))
    return best[0], best[1] / best[0]


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(f"{'loop':34}{'plain':>8}{'ratio':>8}{'aim':>7}")
    for name, (make, aim) in LOOPS.items():
        plain, watched = ratio(make)
        print(f"{name:34}{plain:7.2f}s{watched:8.3f}{aim:7.2f}", flush=True)
