"""Report: a Result that prints itself in a terminal, in a notebook, as text, and into a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rnnscope.formats import render
from rnnscope.printing import Printed
from rnnscope.results import LayerResult, Result

if TYPE_CHECKING:
    from rich.console import RenderableType


@dataclass(frozen=True)
class Report(Printed, Result):
    """What a library call returns: typed fields, and the same looks as the command line.

    ``print(report)`` gives text, a notebook shows it in colour, ``report.to_dict()`` is the JSON.
    ``recompute`` gives the first layer with the reference's word, which is asked for only when the
    report is printed: recomputing a layer from scratch takes longer than measuring it.
    """

    recompute: Callable[[], LayerResult] | None = field(default=None, compare=False, repr=False)

    def to_text(self, format: str = "terminal", width: int = 80) -> str:
        """The report in one of the formats, ``width`` columns wide. Raises UnknownNameError."""
        return render(self._whole(), format, width)

    def _whole(self) -> Report:
        """The same report after the reference was asked, too."""
        if self.recompute is None:
            return self
        return replace(self, layers=(self.recompute(), *self.layers[1:]), recompute=None)

    def __rich__(self) -> RenderableType:
        from rnnscope.formats.terminal import renderable

        return renderable(self._whole())

    def _repr_html_(self) -> str:
        from rnnscope.formats.html import recorded

        return recorded(self._whole(), 100).export_html(
            inline_styles=True, code_format="<pre>{code}</pre>"
        )
