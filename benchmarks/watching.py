"""A training step watched and unwatched."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

import rnnscope
from benchmarks.ratio import Ratio, repeated


class Tagger(nn.Module):
    """Embedding, bidirectional LSTM, Linear: the shape of most models with an RNN."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(1000, 128)
        self.lstm = nn.LSTM(128, 256, 2, batch_first=True, bidirectional=True)
        self.linear = nn.Linear(512, 10)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        output, _ = self.lstm(self.embedding(tokens))
        return self.linear(output)


class Tiny(nn.Module):
    """The least that trains: what watching costs shows most here."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(10, 20, batch_first=True)
        self.linear = nn.Linear(20, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        output, _ = self.lstm(x)
        return self.linear(output)


def ratios() -> list[Ratio]:
    """A large step and a tiny one, both warm."""
    large = step(Tagger(), torch.randint(1000, (32, 100)), torch.randint(10, (32, 100)))
    tiny = step(Tiny(), torch.randn(8, 12, 10), torch.randint(10, (8, 12)))
    return [
        watched("training step, LSTM(128, 256, 2): watched / not", large, 1, 1.05),
        watched("training step, LSTM(10, 20): watched / not", tiny, 50, 1.6),
    ]


def watched(name: str, run: Callable[[], None], times: int, at_most: float) -> Ratio:
    """The same steps under watch; entering it is part of the time, as a loop pays it once."""
    many = repeated(run, times)

    def under_watch() -> None:
        with rnnscope.watch():
            many()

    return Ratio(name, under_watch, many, at_most)


def step(model: nn.Module, x: torch.Tensor, targets: torch.Tensor) -> Callable[[], None]:
    """Forward, loss, backward, one step of an optimizer."""
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    criterion = nn.CrossEntropyLoss()

    def run() -> None:
        optimizer.zero_grad()
        criterion(model(x).flatten(0, 1), targets.flatten()).backward()
        optimizer.step()

    return run
