"""Report: a Result that prints itself in a terminal, in a notebook, as text, and into a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rnnscope.errors import FindingsError
from rnnscope.formats import known_format, render
from rnnscope.printing import Printed
from rnnscope.results import LayerResult, Result

if TYPE_CHECKING:
    from rich.console import RenderableType

_NOTHING = "Nothing found."


@dataclass(frozen=True, repr=False)
class Report(Printed, Result):
    """What a library call returns: typed fields, and the same looks as the command line.

    ``print(report)`` gives the first screen, ``report.to_text("full")`` everything,
    ``report.to_dict()`` is the JSON, and ``report.ok`` is True when all is well.
    ``recompute`` gives the first layer with the reference's word, which is asked for only when the
    report is printed: recomputing a layer from scratch takes longer than measuring it.
    """

    recompute: Callable[[], LayerResult] | None = field(default=None, compare=False, repr=False)

    def to_text(self, format: str = "terminal", width: int = 80) -> str:
        """The report in one of the formats, ``width`` columns wide. Raises UnknownNameError."""
        text = render(self._whole(), format, width)
        return text or (_NOTHING if known_format(format) in ("terminal", "full") else "")

    @property
    def ok(self) -> bool:
        """True when nothing counts: no error, no warning, and no disagreement with torch."""
        return self.agrees and not self.counted

    def raise_for_findings(self) -> None:
        """Raise FindingsError when an error or a warning was found; hints raise nothing."""
        if self.counted:
            raise FindingsError("\n".join(map(str, self.counted)))

    def _whole(self) -> Report:
        """The same report after the reference was asked, too."""
        if self.recompute is None:
            return self
        return replace(self, layers=(self.recompute(), *self.layers[1:]), recompute=None)

    def __rich__(self) -> RenderableType:
        from rnnscope.formats.terminal import renderable

        whole = self._whole()
        shown = (whole.findings, whole.layers, whole.conclusion, whole.outcome, whole.behaviours)
        return renderable(whole) if any(shown) else _NOTHING

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
