"""WeightsProblem: what is wrong with one layer in a weights file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WeightsProblem:
    """One thing that is wrong: ``kind`` is the name of the rule that reports it.

    ``path`` is that of the layer in the file, empty for the whole file.
    """

    kind: str
    path: str
    text: str
    fix: str | None = None

    @property
    def message(self) -> str:
        """The text, after the path of the layer that it is about."""
        return f"{self.path}: {self.text}" if self.path else self.text
