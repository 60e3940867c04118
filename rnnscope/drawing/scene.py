"""A scene: labels, boxes and lines with coordinates; y grows downward, one unit is one pixel.

The width of a text is a model: every character of a monospace font is as wide as the widest of
the usual ones (DejaVu Sans Mono and Menlo, 0.602 of the size), one of East Asia twice that.
Layouts leave room by this model, and tests find overlaps by it, without any font.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from unicodedata import east_asian_width

from rnnscope.axes import Axes, Role

SIZE = 12.0
_CHARACTER = 0.61
# The class of each role of an axis: a colour, the same in every picture and on every page.
ROLE_CLASSES = {
    Role.BATCH: "batch",
    Role.TIME: "time",
    Role.STEPS: "time",
    Role.FEATURE: "feature",
    Role.LAYERS: "layers",
    Role.GATES: "gates",
    Role.UNKNOWN: "",
}


@dataclass(frozen=True, slots=True)
class Word:
    """A part of a label with a meaning of its own; ``kind`` is the class of a role, or nothing."""

    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """A line of words on the baseline ``y``; ``anchor`` tells what ``x`` is of it."""

    x: float
    y: float
    words: tuple[Word, ...]
    anchor: str = "start"
    size: float = SIZE
    kind: str = ""

    @property
    def text(self) -> str:
        return "".join(word.text for word in self.words)

    @property
    def width(self) -> float:
        return width_of(self.text, self.size)

    @property
    def left(self) -> float:
        return self.x - self.width * {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        top, bottom = self.y - 0.8 * self.size, self.y + 0.25 * self.size
        return self.left, top, self.left + self.width, bottom


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, rounded by ``radius``."""

    x: float
    y: float
    width: float
    height: float
    kind: str = ""
    radius: float = 6

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        return self.x, self.y, self.x + self.width, self.y + self.height


@dataclass(frozen=True, slots=True)
class Line:
    """Straight pieces from point to point, with a head at the end if it is an arrow."""

    points: tuple[tuple[float, float], ...]
    arrow: bool = True
    kind: str = ""


Mark = Label | Box | Line


@dataclass(frozen=True, slots=True)
class Group:
    """Marks that are one thing: what it is, and the tensors and parameters it belongs to."""

    kind: str
    marks: tuple[Mark, ...]
    title: str = ""
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scene:
    """Groups in the order in which they are painted, and what the whole of it shows."""

    width: float
    height: float
    groups: tuple[Group, ...]
    title: str
    description: str = ""

    @property
    def labels(self) -> list[Label]:
        return [mark for group in self.groups for mark in group.marks if isinstance(mark, Label)]


def width_of(text: str, size: float = SIZE) -> float:
    """How wide a text is at most, by the model.

    >>> width_of("(3, 20)") == 7 * width_of("x")
    True
    """
    wide = sum(east_asian_width(character) in "WF" for character in text)
    return (len(text) + wide) * size * _CHARACTER


def numbers(axes: Axes) -> tuple[Word, ...]:
    """``(5, 3, 10)``, each number in the class of its role."""
    return _tuple([Word(str(axis.size.value), ROLE_CLASSES[axis.role]) for axis in axes])


def symbols(axes: Axes) -> tuple[Word, ...]:
    """``(L, N, H_in)``, each symbol in the class of its role."""
    return _tuple([Word(axis.size.symbol, ROLE_CLASSES[axis.role]) for axis in axes])


def described(name: str, axes: Axes) -> tuple[Word, ...]:
    """``input (L, N, H_in) = (5, 3, 10)``: a tensor with its symbols and numbers."""
    return (Word(f"{name} "), *symbols(axes), Word(" = "), *numbers(axes))


def _tuple(words: list[Word]) -> tuple[Word, ...]:
    parts = [part for word in words for part in (word, Word(", "))][:-1]
    return (Word("("), *parts, Word(",)" if len(words) == 1 else ")"))


def stacked_scenes(scenes: Iterable[Scene], title: str, gap: float = 28) -> Scene:
    """Scenes from the top down, as one."""
    groups: list[Group] = []
    width = height = 0.0
    descriptions = []
    for scene in scenes:
        groups += _moved(scene.groups, height)
        width, height = max(width, scene.width), height + scene.height + gap
        descriptions.append(scene.description)
    words = " ".join(filter(None, descriptions))
    return Scene(width, height - gap, tuple(groups), title, words)


def _moved(groups: Iterable[Group], down: float) -> Iterator[Group]:
    for group in groups:
        yield replace(group, marks=tuple(_lower(mark, down) for mark in group.marks))


def _lower(mark: Mark, by: float) -> Mark:
    if isinstance(mark, Line):
        return replace(mark, points=tuple((x, y + by) for x, y in mark.points))
    return replace(mark, y=mark.y + by)


def lines_of_text(lines: Iterable[tuple[Word, ...]], title: str, description: str = "") -> Scene:
    """Lines of words from the top down, and nothing else."""
    labels = [Label(16, 22 + 18 * row, words) for row, words in enumerate(lines)]
    width = max((label.bounds[2] for label in labels), default=0) + 16
    group = Group("text", tuple(labels))
    return Scene(width, 18 * len(labels) + 14, (group,), title, description)
