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


@dataclass(frozen=True, repr=False)
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

    def in_full(self) -> RenderableType:
        """What rich prints of every axis and every parameter."""
        from rnnscope.formats.full import renderable

        return renderable(self._whole())

    def in_a_line(self) -> str:
        """Such as ``LSTM(10, 20): nothing found``."""
        found = ", ".join(dict.fromkeys(finding.code for finding in self.findings))
        names = dict.fromkeys(str(layer.facts.config) for layer in self.layers)
        about = f"{', '.join(names)}: " if len(names) < 3 else f"{len(self.layers)} layers: "
        return f"{about if names else ''}{found or 'nothing found'}"
