"""Depends: what ``rnnscope.depends`` returns, which prints itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnnscope.dependence.facts import Dependence
from rnnscope.formats import known_format, render
from rnnscope.report import Report

if TYPE_CHECKING:
    from rich.console import RenderableType

_DRAWN = ("terminal", "full", "markdown", "html", "svg")


@dataclass(frozen=True, repr=False)
class Depends(Report):
    """The axes of a module by behaviour; ``parts`` are those of its parts, by path, if asked for.

    ``axes("input")`` tells the axes of one tensor in words; ``found`` has everything.
    """

    found: Dependence | None = None
    parts: tuple[tuple[str, Dependence], ...] = ()

    @property
    def dependence(self) -> Dependence:
        """Everything that was found out about the module itself."""
        assert self.found is not None
        return self.found

    def axes(self, name: str) -> tuple[str, ...]:
        """The axes of an input or a result in words, as in ``("batch", "time causal", …)``."""
        return self.dependence.axes(name)

    def to_dict(self) -> dict[str, Any]:
        """The JSON object: the findings, the axes, the matrices, what it does as a whole."""
        parts = [{"path": path, **found.to_dict()} for path, found in self.parts]
        return {**super().to_dict(), **self.dependence.to_dict(), "parts": parts}

    def to_text(self, format: str = "terminal", width: int = 80) -> str:
        """The report in one of the formats. Raises UnknownNameError."""
        name = known_format(format)
        if name not in _DRAWN:
            return render(self, name, width)
        from rnnscope.formats import depended

        if name == "svg":
            return depended.picture(self.dependence, self.parts)
        if name == "html":
            return depended.page(self.dependence, self.parts, self.findings)
        text = depended.text(self.dependence, self.parts, self.findings, width)
        return f"```text\n{text}\n```" if name == "markdown" else text

    def __rich__(self) -> RenderableType:
        from rnnscope.formats.depended import renderable

        return renderable(self.dependence, self.parts, self.findings)

    def in_full(self) -> RenderableType:
        """What rich prints: it has only one length."""
        return self

    def in_a_line(self) -> str:
        """Such as ``GRU: batch, time causal, features``."""
        first = self.dependence.inputs[0]
        return f"{self.dependence.target}: {', '.join(self.axes(first.name))}"
