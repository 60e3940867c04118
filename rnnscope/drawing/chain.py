"""The recurrent layers of a model as a scene, in order of call, with shapes on the edges.

What the model does between two of them is not known here; a dashed line says only which is next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rnnscope.drawing.scene import Box, Group, Label, Line, Mark, Scene, Word, described, width_of
from rnnscope.facts import LayerFacts, TensorFact

_EDGE, _ROW, _ARROW, _GAP = 16.0, 20.0, 34.0, 30.0


@dataclass(frozen=True, slots=True)
class Station:
    """One call of one layer: its path in the model; ``facts`` have no tensors if not called."""

    path: str
    facts: LayerFacts
    note: str = ""

    @property
    def entering(self) -> list[TensorFact]:
        return [t for t in self.facts.tensors if t.name == "input" or t.name.endswith("_0")]

    @property
    def leaving(self) -> list[TensorFact]:
        return [t for t in self.facts.tensors if t not in self.entering]


def chain(stations: Iterable[Station]) -> Scene:
    """One row for each station, from the top down."""
    rows = list(stations)
    left = _EDGE + max(_widest(row.entering) for row in rows) + 6
    width = max(width_of(text) for row in rows for text in _words(row)) + 28
    box = left + _ARROW
    groups, y = [], 12.0
    for number, row in enumerate(rows):
        lines = max(len(row.entering), len(row.leaving), len(_words(row)))
        height = _ROW * lines + 18
        if number and row.facts.tensors:
            line = Line(((box + width / 2, y - _GAP), (box + width / 2, y)), kind="dashed")
            groups.append(Group("next", (line,)))
        groups.append(Group("station", tuple(_station(row, box, y, width, height)), row.path))
        y += height + _GAP
    right = box + width + _ARROW + 6 + max(_widest(row.leaving) for row in rows) + _EDGE
    words = "; ".join(f"{row.path}: {row.facts.config}" for row in rows)
    title = "The recurrent layers in order of call"
    return Scene(right, y - _GAP + 12, tuple(groups), title, f"{title}: {words}.")


def _words(row: Station) -> tuple[str, ...]:
    return tuple(filter(None, (row.path, str(row.facts.config), row.note)))


def _widest(tensors: list[TensorFact]) -> float:
    texts = ("".join(word.text for word in described(t.name, t.axes)) for t in tensors)
    return max((width_of(text) for text in texts), default=0)


def _station(row: Station, x: float, y: float, width: float, height: float) -> Iterator[Mark]:
    yield Box(x, y, width, height, "unit" if row.facts.tensors else "in")
    words = _words(row)
    first = y + height / 2 + 4 - 9 * (len(words) - 1)
    for position, text in enumerate(words):
        kind = ("title", "", "quiet")[position]
        yield Label(x + width / 2, first + 18 * position, (Word(text),), "middle", kind=kind)
    for side, tensors in ((-1, row.entering), (1, row.leaving)):
        top = y + height / 2 - _ROW * (len(tensors) - 1) / 2
        for position, tensor in enumerate(tensors):
            level = top + _ROW * position
            start = x - _ARROW if side < 0 else x + width
            yield Line(((start, level), (start + _ARROW, level)))
            at = x + (-_ARROW - 6 if side < 0 else width + _ARROW + 6)
            anchor = "end" if side < 0 else "start"
            yield Label(at, level + 4, described(tensor.name, tensor.axes), anchor)
