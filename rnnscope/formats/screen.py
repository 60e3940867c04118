"""A screen that is nowhere: what a terminal of some width would show, as text or for an export."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

_GAP = 2  # columns between two columns of a table


def recorded(renderable: RenderableType, width: int, coloured: bool = True) -> Console:
    """A console that has printed into nowhere and remembers it for an export."""
    console = Console(
        file=io.StringIO(), width=width, record=True, highlight=False,
        force_terminal=coloured, color_system="truecolor" if coloured else None,
        force_jupyter=False,  # or a notebook would show at once what is only being written down
    )  # fmt: skip
    console.print(renderable, crop=False)
    return console


def text_of(renderable: RenderableType, width: int = 80) -> str:
    """The same as in a terminal, without colour and without trailing blanks."""
    text = recorded(renderable, width, coloured=False).export_text()
    return "\n".join(line.rstrip() for line in text.splitlines())


class Columns:
    """Rows under columns that are never broken: where the width is short, whole columns go.

    ``justify`` has a letter for each column: l left, r right, and w for words, which may be broken
    into lines. ``drop`` are the indices of the columns that may go, the first one first.
    """

    def __init__(self, justify: str, drop: Sequence[int] = (), head: Sequence[str] = ()) -> None:
        self.justify = justify
        self.drop = drop
        self.head = head
        self.rows: list[tuple[Text, ...]] = []

    def add(self, *cells: Text | str | int) -> None:
        """One more row; what is no Text is shown as it is."""
        self.rows.append(tuple(c if isinstance(c, Text) else Text(str(c)) for c in cells))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        kept = self._kept(options.max_width)
        table = Table.grid(padding=(0, _GAP, 0, 0))
        for index in kept:
            words = self.justify[index] == "w"
            side: Any = "right" if self.justify[index] == "r" else "left"
            table.add_column(justify=side, no_wrap=not words, overflow="fold")
        for row in self._rows():
            table.add_row(*(row[index] for index in kept))
        yield table

    def _rows(self) -> list[tuple[Text, ...]]:
        return [tuple(map(Text, self.head)), *self.rows] if self.head else self.rows

    def _kept(self, width: int) -> list[int]:
        """The columns with something in them for which there is room."""
        kept = [index for index in range(len(self.justify)) if self._width(index)]
        for index in self.drop:
            if sum(map(self._width, kept)) + _GAP * (len(kept) - 1) <= width:
                break
            if index in kept:
                kept.remove(index)
        return kept

    def _width(self, index: int) -> int:
        widest = max((row[index].cell_len for row in self._rows()), default=0)
        return min(widest, _WORDS) if self.justify[index] == "w" else widest


# A column of words narrower than this is a ladder of single words: another column goes first.
_WORDS = 16
