"""Matrices of influence: result steps down, input steps across, a box where one moves the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rnnscope.dependence.facts import Influence
from rnnscope.drawing.scene import Box, Group, Label, Scene, Word
from rnnscope.drawing.text import Lines, Span

_CELL, _LEFT, _TOP, _GAP, _WIDEST = 14.0, 16.0, 42.0, 28.0, 760.0
_SMALL = 11.0
_MOST = 48  # steps of one matrix: more are drawn as the first ones
# Two result steps in one character: neither, the upper one, the lower one, both.
_HALVES = {(False, False): "·", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def influences(shown: Sequence[tuple[str, Influence]], title: str) -> Scene:
    """Small multiples, each under a name; what leaks between samples stands out."""
    groups: list[Group] = []
    x, y, row, width = _LEFT, 0.0, 0.0, 0.0
    for name, influence in shown:
        columns, rows = _size(influence)
        own = max(columns * _CELL, *(label.width for label in _labels(name, influence, 0, 0)))
        if x > _LEFT and x + own > _WIDEST:
            x, y, row = _LEFT, y + row, 0.0
        groups.append(_matrix(name, influence, x, y))
        width = max(width, x + own + _LEFT)
        row = max(row, _TOP + rows * _CELL + _GAP)
        x += own + _GAP
    words = "Result steps go down, input steps across; a box tells that one moves the other."
    return Scene(max(width, 2 * _LEFT), y + row, tuple(groups), title, words)


def _size(influence: Influence) -> tuple[int, int]:
    rows = influence.rows[:_MOST]
    return len(rows[0][:_MOST]) if rows else 0, len(rows)


def _labels(name: str, influence: Influence, x: float, y: float) -> list[Label]:
    """Whose matrix it is, and of which axes; of how many steps where they are not all drawn."""
    kind = "batch" if influence.kind == "batch" else "time"
    head = f"{name}: " if name else ""
    head += f"{influence.result} by {influence.input}"
    axes = f"axis {influence.result_axis} by axis {influence.axis}"
    most = max(len(influence.rows), len(influence.rows[0]) if influence.rows else 0)
    more = f", the first {_MOST} of {most}" if most > _MOST else ""
    return [
        Label(x, y + 20, (Word(head),)),
        Label(x, y + 35, (Word(axes, kind), Word(more, "quiet")), size=_SMALL),
    ]


def _matrix(name: str, influence: Influence, x: float, y: float) -> Group:
    marks: list[Box | Label] = [*_labels(name, influence, x, y)]
    for j, row in enumerate(influence.rows[:_MOST]):
        for i, moved in enumerate(row[:_MOST]):
            box = (x + i * _CELL, y + _TOP + j * _CELL, _CELL - 1, _CELL - 1)
            marks.append(Box(*box, _kind(influence, j, i, moved), 1))
    return Group("influence", tuple(marks), influence.title)


def _kind(influence: Influence, j: int, i: int, moved: bool | None) -> str:
    if moved is None:
        return "untried"
    if not moved:
        return "still"
    return "leak" if influence.kind == "batch" and i != j else "moves"


def half_blocks(influence: Influence) -> Lines:
    """The same in characters, two result steps in a line; a leak has the tag ``leak``."""
    rows = [row[:_MOST] for row in influence.rows[:_MOST]]
    lines = []
    for top in range(0, len(rows), 2):
        pairs = zip(rows[top], rows[top + 1] if top + 1 < len(rows) else (None,) * len(rows[top]),
                    strict=True)  # fmt: skip
        lines.append(tuple(_characters(influence, top, list(pairs))))
    return tuple(lines)


def _characters(
    influence: Influence, top: int, pairs: Sequence[tuple[bool | None, bool | None]]
) -> Iterator[Span]:
    for i, (upper, lower) in enumerate(pairs):
        tried = upper is not None
        text = _HALVES[bool(upper), bool(lower)] if tried else "?"
        off = influence.kind == "batch" and any(
            moved and j != i for j, moved in ((top, upper), (top + 1, lower))
        )
        yield Span(text, "leak" if off else influence.kind if upper or lower else "")
