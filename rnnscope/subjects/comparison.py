"""ComparisonResult: what was seen when a hand-written layer was held against torch's own.

The rules of hand-written cells look at this; nothing here holds a tensor, and nothing imports
torch.
"""

from __future__ import annotations

from dataclasses import dataclass

from rnnscope.config import RNNConfig
from rnnscope.findings import Location


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which the two are not the same.

    ``kind`` tells the page that reports it: its name, or the ``kind`` among its keys. ``text`` says
    what was seen, with shapes and axis names, and ``fix`` what to write instead. ``convention``
    marks what a caller may have wanted: it is worth knowing and changes no verdict.
    """

    kind: str
    text: str
    fix: str | None = None
    convention: bool = False
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """A hand-written layer beside the layer of ``torch.nn`` that it is meant to be."""

    target: str
    config: RNNConfig
    differences: tuple[Difference, ...] = ()
    location: Location | None = None

    def of(self, kind: str) -> tuple[Difference, ...]:
        """The differences that one rule reports."""
        return tuple(d for d in self.differences if d.kind == kind)
