"""SVG: a scene written down; no font, no script and no other file is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from math import atan2, cos, sin

from rnnscope.drawing.scene import SIZE, Box, Group, Label, Line, Mark, Scene
from rnnscope.drawing.style import COLOURS, MARKS

_HEAD, _HALF = 7.0, 0.45  # an arrow's head: its length, and half of its angle
_LEAST = 0.75


def svg(scene: Scene, name: str | None = None) -> str:
    """A file of its own; what belongs to the tensor, parameter or gate ``name`` is strong."""
    return "\n".join(_parts(scene, name, f"<style>{COLOURS}{MARKS}</style>"))


def inline(scene: Scene, name: str | None = None) -> str:
    """An element for a page that has the style already."""
    return "\n".join(_parts(scene, name, ""))


def _parts(scene: Scene, name: str | None, style: str) -> Iterator[str]:
    width, height = _number(scene.width), _number(scene.height)
    # On a page it shrinks with the page, as long as its text can be read.
    shrinking = "" if style else f' style="min-width:{_number(_LEAST * scene.width)}px"'
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" font-size="{SIZE:g}"{shrinking}>'
    )
    yield f"<title>{escape(scene.title)}</title>"
    yield f"<desc>{escape(scene.description)}</desc>"
    if style:
        yield style
        yield '<rect class="paper" width="100%" height="100%"/>'
    known = any(name in group.names for group in scene.groups)
    for group in scene.groups:
        yield from _group(group, name if known else None)
    yield "</svg>"


def _group(group: Group, name: str | None) -> Iterator[str]:
    classes = [group.kind, *sorted(filter(str.isidentifier, group.names))]
    if name is not None and group.kind != "text":
        classes.append("strong" if name in group.names else "pale")
    yield f'<g class="{escape(" ".join(classes))}">'
    if group.title:
        yield f"<title>{escape(group.title)}</title>"
    for mark in group.marks:  # where lines cross, the upper one leaves a gap in the lower
        if isinstance(mark, Line) and "over" in mark.kind:
            yield f'<path class="gap" d="{_path(mark)}"/>'
    for mark in group.marks:
        yield from _mark(mark)
    yield "</g>"


def _mark(mark: Mark) -> Iterator[str]:
    if isinstance(mark, Label):
        yield _label(mark)
    elif isinstance(mark, Box):
        place = _attributes(x=mark.x, y=mark.y, width=mark.width, height=mark.height)
        yield f'<rect{_class(mark.kind)}{place} rx="{mark.radius:g}"/>'
    else:
        yield from _line(mark)


def _label(label: Label) -> str:
    anchor = "" if label.anchor == "start" else f' text-anchor="{label.anchor}"'
    size = "" if label.size == SIZE else f' font-size="{label.size:g}"'
    words = "".join(
        f'<tspan class="{word.kind}">{escape(word.text)}</tspan>'
        if word.kind
        else escape(word.text)
        for word in label.words
    )
    place = _attributes(x=label.x, y=label.y)
    return f"<text{_class(label.kind)}{place}{anchor}{size}>{words}</text>"


def _line(line: Line) -> Iterator[str]:
    yield f'<path class="{" ".join(filter(None, ("line", line.kind)))}" d="{_path(line)}"/>'
    if line.arrow:
        yield f'<path class="head" d="{_head(line)}"/>'


def _path(line: Line) -> str:
    return "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in line.points)


def _head(line: Line) -> str:
    (x, y), (tip_x, tip_y) = line.points[-2:]
    angle = atan2(tip_y - y, tip_x - x)
    corners = [
        f"{_number(tip_x - _HEAD * cos(angle + turn))} {_number(tip_y - _HEAD * sin(angle + turn))}"
        for turn in (_HALF, -_HALF)
    ]
    return f"M{_number(tip_x)} {_number(tip_y)}L{corners[0]}L{corners[1]}Z"


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _attributes(**values: float) -> str:
    return "".join(f' {name}="{_number(value)}"' for name, value in values.items())


def _number(value: float) -> str:
    return f"{round(value, 1):g}" if value < 100_000 else str(round(value))
