"""Drawings of drawing.text as coloured text: each tag gets its colour here."""

from __future__ import annotations

from rich.text import Text

from rnnscope.cells import Cell
from rnnscope.drawing.text import Lines

_GATE_STYLES = ("cyan", "magenta", "blue", "green")
_TAG_STYLES = {"layers": "magenta", "time": "cyan", "feature": "blue", "here": "bold reverse"}


def style_of(tag: str, cell: Cell) -> str:
    """The colour of a tag: one for each gate of the cell, one for each kind of axis."""
    if tag.startswith("gate "):
        letters = [gate.letter for gate in cell.gates]
        return _GATE_STYLES[letters.index(tag.removeprefix("gate "))]
    return _TAG_STYLES.get(tag, "")


def drawn(lines: Lines, cell: Cell) -> Text:
    """The lines as one text that is never broken."""
    text = Text("\n").join(
        Text.assemble(*((span.text, style_of(span.tag, cell)) for span in line)) for line in lines
    )
    text.no_wrap, text.overflow = True, "ellipsis"
    return text
