"""Report: a Result that prints itself in a terminal, in a notebook, as text, and into a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rnnscope.errors import OutputError
from rnnscope.formats import format_for, known_format, render
from rnnscope.results import LayerResult, Result

if TYPE_CHECKING:
    from rich.console import RenderableType


@dataclass(frozen=True)
class Report(Result):
    """What a library call returns: typed fields, and the same looks as the command line.

    ``print(report)`` gives text, a notebook shows it in colour, ``report.to_dict()`` is the JSON.
    ``recompute`` gives the first layer with the reference's word, which is asked for only when the
    report is printed: recomputing a layer from scratch takes longer than measuring it.
    """

    recompute: Callable[[], LayerResult] | None = field(default=None, compare=False, repr=False)

    def to_text(self, format: str = "terminal", width: int = 80) -> str:
        """The report in one of the formats, ``width`` columns wide. Raises UnknownNameError."""
        return render(self._whole(), format, width)

    def write(self, path: str | Path, format: str | None = None) -> None:
        """Write the report into a file, whose ending decides the format. Raises OutputError."""
        target = Path(path)
        text = self.to_text(known_format(format) if format else format_for(target))
        try:
            target.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise OutputError(
                f"cannot write {target}: {error.strerror}; give another file."
            ) from None

    def _whole(self) -> Report:
        """The same report after the reference was asked, too."""
        if self.recompute is None:
            return self
        return replace(self, layers=(self.recompute(), *self.layers[1:]), recompute=None)

    def __str__(self) -> str:
        return self.to_text()

    def __rich__(self) -> RenderableType:
        from rnnscope.formats.terminal import renderable

        return renderable(self._whole())

    def _repr_html_(self) -> str:
        from rnnscope.formats.html import recorded

        return recorded(self._whole(), 100).export_html(
            inline_styles=True, code_format="<pre>{code}</pre>"
        )
