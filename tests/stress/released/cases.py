"""A Case is a model with data; CASES has a function that builds each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

N, BATCH, TIME = 12, 6, 10

Outputs = Any
Training = Callable[[], None]


@dataclass(frozen=True)
class Case:
    """A model, its data with the samples on axis 0, and how to call it if not by ``model(*x)``."""

    model: nn.Module
    data: tuple[torch.Tensor, ...]
    call: Callable[..., Outputs] | None = None

    def run(self, *batch: torch.Tensor) -> Outputs:
        return (self.call or self.model)(*batch)


CASES: dict[str, Callable[[], Case | Training]] = {}


def case(build: Callable[[], Case | Training]) -> Callable[[], Case | Training]:
    CASES[build.__name__] = build
    return build


def floats(*shape: int) -> torch.Tensor:
    return torch.randn(N, *shape)


def tokens(*shape: int, upto: int = 20) -> torch.Tensor:
    return torch.randint(1, upto, (N, *shape))


def padded_tokens() -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids padded with 0 at the end, and their lengths."""
    lengths = torch.randint(3, TIME + 1, (N,))
    lengths[::2] = TIME
    ids = tokens(TIME)
    ids[torch.arange(TIME) >= lengths.unsqueeze(1)] = 0
    return ids, lengths


def unpadded(output: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """The output with 0 where a sequence (axis 0) has ended (axis 1): the loss reads no padding."""
    mask = torch.arange(output.shape[1]) < lengths.unsqueeze(1)
    return output * mask.unsqueeze(-1)
