"""Printed: what a library call returns can be printed, shown in a notebook, written into a file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rnnscope.errors import OutputError
from rnnscope.formats import FORMATS, format_for
from rnnscope.legible import legible

if TYPE_CHECKING:
    from rich.console import RenderableType


class Printed(ABC):
    """A result that is text in some formats: ``print(result)`` is the one for terminals.

    A notebook shows ``str(result)``, in colour where it can; ``repr`` is one line.
    """

    _formats: ClassVar[Collection[str]] = FORMATS

    @abstractmethod
    def to_text(self, format: str = "terminal", width: int = 80) -> str:
        """The result in one of its formats, ``width`` columns wide. Raises UnknownNameError."""

    @abstractmethod
    def __rich__(self) -> RenderableType: ...

    @abstractmethod
    def in_a_line(self) -> str:
        """What it is about and what came of it, as ``repr`` has it between its brackets."""

    def in_full(self) -> RenderableType:
        """What rich prints of all of it; a result that has only one length is its own."""
        return self

    def write(self, path: str | Path, format: str | None = None) -> None:
        """Write it into a file, whose ending decides the format. Raises UnknownNameError,
        OutputError."""
        target = Path(path)
        text = self.to_text(format or format_for(target, self._formats))
        try:
            target.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise OutputError(
                f"cannot write {target}: {error.strerror}; give another file."
            ) from None

    def __str__(self) -> str:
        return legible(self.to_text())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.in_a_line()}>"

    def _repr_html_(self) -> str:
        from rnnscope.formats.screen import recorded

        return recorded(self, 80).export_html(inline_styles=True, code_format=CODE)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What IPython shows, once: the text for a terminal, or the coloured one for a page."""
        return {"text/plain": str(self), "text/html": self._repr_html_()}


# A page styles a bare <pre> as it likes, even in a proportional font, and breaks its lines.
CODE = (
    '<pre style="white-space:pre;overflow-x:auto;line-height:normal;'
    "font-family:Menlo,'DejaVu Sans Mono',consolas,'Courier New',monospace\">{code}</pre>"
)
