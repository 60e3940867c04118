"""The axes that ``name_axes`` gives tensors, as long as these live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.weak import WeakIdKeyDictionary

from rnnscope.findings import Location

SAMPLES, STEPS = frozenset(("N", "B", "batch")), frozenset(("L", "T", "time"))

NAMED: Any = WeakIdKeyDictionary()  # tensor -> Names


@dataclass(frozen=True, slots=True)
class Names:
    """One word for each axis of a tensor, and the line that says so."""

    words: tuple[str, ...]
    location: Location | None

    @property
    def samples(self) -> int | None:
        """The axis of the samples, where one is named so."""
        return next((axis for axis, word in enumerate(self.words) if word in SAMPLES), None)

    @property
    def steps(self) -> int | None:
        """The axis of the steps, where one is named so."""
        return next((axis for axis, word in enumerate(self.words) if word in STEPS), None)

    def __str__(self) -> str:
        return f'name_axes says "{" ".join(self.words)}"'


def named(tensor: torch.Tensor, words: list[str], location: Location | None) -> None:
    """Keep what the user said of a tensor, for the tapes that it will be on."""
    NAMED[tensor] = Names(tuple(words), location)
