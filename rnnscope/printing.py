"""Printed: what a library call returns can be printed, and written into a file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

from rnnscope.errors import OutputError
from rnnscope.formats import format_for


class Printed(ABC):
    """A result that is text in some formats: ``print(result)`` is the one for terminals."""

    @abstractmethod
    def to_text(self, format: str = "terminal", width: int = 80) -> str:
        """The result in one of its formats, ``width`` columns wide. Raises UnknownNameError."""

    def write(self, path: str | Path, format: str | None = None) -> None:
        """Write it into a file, whose ending decides the format. Raises OutputError."""
        target = Path(path)
        text = self.to_text(format or self._format_for(target))
        try:
            target.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise OutputError(
                f"cannot write {target}: {error.strerror}; give another file."
            ) from None

    def _format_for(self, path: Path) -> str:
        return format_for(path)

    def __str__(self) -> str:
        return self.to_text()
