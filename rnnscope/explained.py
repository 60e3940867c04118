"""Explained: an Explanation that prints itself, in a terminal, in a notebook, as text or a file."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, fields
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from rnnscope.axes import shape_text
from rnnscope.errors import UnknownNameError
from rnnscope.explanation.model import Explanation
from rnnscope.printing import Printed

if TYPE_CHECKING:
    from rich.console import RenderableType

# name -> the module with ``render(explanation, width) -> str``
FORMATS = {
    "terminal": "rnnscope.formats.explained",
    "markdown": "rnnscope.formats.explained_markdown",
    "json": None,
    "html": "rnnscope.formats.explained_page",
    "svg": "rnnscope.formats.explained_svg",
}


@dataclass(frozen=True, repr=False)
class Explained(Printed, Explanation):
    """What ``rnnscope.explain`` returns: typed parts, and the same looks as the command line."""

    _formats: ClassVar[Collection[str]] = FORMATS

    @classmethod
    def of(cls, explanation: Explanation) -> Explained:
        """The same explanation, able to print itself."""
        return cls(**{f.name: getattr(explanation, f.name) for f in fields(Explanation)})

    def to_text(self, format: str = "terminal", width: int = 80) -> str:
        """The explanation as text. Raises UnknownNameError for a format that there is not."""
        module = FORMATS[known_format(format)]
        if module is None:
            return json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)
        return str(import_module(module).render(self, width))

    def __rich__(self) -> RenderableType:
        from rnnscope.formats.explained import renderable

        return renderable(self)

    def in_a_line(self) -> str:
        """Such as ``h_n of LSTM(10, 20): (1, 3, 20)``."""
        if self.axes is None:
            return f"one step of {self.config}"
        return f"{self.name} of {self.config}: {shape_text(self.axes.shape)}"


def known_format(name: str) -> str:
    """The format of this name, whatever its case. Raises UnknownNameError."""
    folded = name.casefold()
    if folded not in FORMATS:
        raise UnknownNameError(
            f"an explanation has no format {name!r}: choose {', '.join(FORMATS)}."
        )
    return folded
