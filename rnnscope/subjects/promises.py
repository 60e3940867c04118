"""Promises: what a module says of its own axes, and where its behaviour contradicts it.

Nothing here holds a tensor, and nothing imports torch.
"""

from __future__ import annotations

from dataclasses import dataclass

from rnnscope.findings import Location
from rnnscope.subjects.comparison import Difference


@dataclass(frozen=True, slots=True)
class Promises:
    """A module of any kind that was run, and what it does otherwise than it says."""

    target: str
    differences: tuple[Difference, ...] = ()
    location: Location | None = None

    def of(self, kind: str) -> tuple[Difference, ...]:
        """The differences that one rule reports."""
        return tuple(d for d in self.differences if d.kind == kind)
