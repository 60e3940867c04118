"""The axes of a module by behaviour, on a screen, as a picture, as a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rnnscope.axes import shape_text
from rnnscope.dependence.facts import Axis, Dependence, Influence
from rnnscope.dependence.telling import sentences
from rnnscope.drawing.influence import half_blocks, influences
from rnnscope.drawing.scene import Scene
from rnnscope.drawing.svg import svg
from rnnscope.drawing.text import Span
from rnnscope.findings import Finding
from rnnscope.formats.findings import FindingText
from rnnscope.formats.markup import Html, element, section, table
from rnnscope.formats.page import document, figure
from rnnscope.formats.page import findings as told_findings
from rnnscope.formats.palette import BAD, GOOD, TITLE
from rnnscope.formats.screen import text_of

Parts = Sequence[tuple[str, Dependence]]
_STYLES = {"batch": "green", "time": "cyan", "features": "blue", "leak": BAD}
_MARKS = {True: ("  ok  ", GOOD), False: ("  no  ", BAD), None: ("      ", "")}
_COLUMNS = 76


def text(found: Dependence, parts: Parts, findings: Iterable[Finding], width: int = 80) -> str:
    """The same as on a screen, without colour."""
    return text_of(renderable(found, parts, findings), width)


def renderable(found: Dependence, parts: Parts, findings: Iterable[Finding]) -> RenderableType:
    """The whole screen."""
    count = f": {found.passes} forward passes, in evaluation mode"
    shown: list[RenderableType] = [Text.assemble((found.target, TITLE), count), *_tensors(found)]
    for finding in findings:
        shown += [Text(), FindingText(finding)]
    shown += [Text("\nAs a whole", TITLE), _said(found)]
    return Group(*shown, *_matrices(found, parts))


def matrices(found: Dependence) -> str:
    """The matrices alone, without colour."""
    return text_of(Group(*_matrices(found, ())))


def _matrices(found: Dependence, parts: Parts) -> Iterator[RenderableType]:
    pictures = [*_pictures(found, parts)]
    if pictures:
        yield Text("\nInput steps go across, result steps down", TITLE)
        yield from _rows(pictures)


def _tensors(found: Dependence) -> Iterator[RenderableType]:
    """A line for each axis of an input, and one for each result."""
    for told in found.inputs:
        yield Text(f"\nin   {told.name} {shape_text(told.shape)} {told.dtype}")
        for number, axis in enumerate(told.axes):
            note = f" ({axis.note})" if axis.note else ""
            words = Text.assemble(f"axis {number}  {axis.size:>5}  ", (axis.words, _style(axis)))
            yield Padding(words.append(note), (0, 0, 0, 7))
    yield Text()
    for told in found.results:
        words = Text("; ").join(Text(axis.words, _style(axis)) for axis in told.axes)
        words = words if told.axes else Text("a single number")
        yield Text(f"out  {told.name} {shape_text(told.shape)} {told.dtype}")
        yield Padding(words, (0, 0, 0, 7))


def _said(found: Dependence) -> RenderableType:
    grid = Table.grid()
    for good, words in sentences(found):
        mark, style = _MARKS[good]
        grid.add_row(Text(mark, style), Text(words))
    return grid


def _style(axis: Axis) -> str:
    return BAD if axis.mixed else _STYLES.get(axis.kind, "")


def _pictures(found: Dependence, parts: Parts) -> Iterator[tuple[str, Influence]]:
    """The matrices worth a picture: steps of time, and samples that see each other.

    Of the results that an axis goes with the first one stands for all.
    """
    for path, one in (("", found), *parts):
        seen: set[tuple[str, int]] = set()
        for influence in one.influences:
            place = (influence.input, influence.axis)
            leaks = any(True for _ in influence.leaks)
            if place not in seen and (influence.kind == "time" or leaks):
                seen.add(place)
                yield path, influence


def _rows(pictures: Sequence[tuple[str, Influence]]) -> Iterator[RenderableType]:
    """Small multiples, as many beside each other as there is room for."""
    line: list[tuple[str, list[Text]]] = []
    for name, influence in pictures:
        own = _title(name, influence), [_painted(row) for row in half_blocks(influence)]
        if line and sum(map(_width, [*line, own])) > _COLUMNS:
            yield _beside(line)
            line = []
        line.append(own)
    yield _beside(line)


def _painted(spans: Iterable[Span]) -> Text:
    return Text.assemble(*((span.text, _STYLES.get(span.tag, "")) for span in spans))


def _title(name: str, influence: Influence) -> str:
    place = f"{influence.result}[{influence.result_axis}] by {influence.input}[{influence.axis}]"
    leak = ", samples" if influence.kind == "batch" else ""
    return f"{f'{name}: ' if name else ''}{place}{leak}"


def _width(own: tuple[str, list[Text]]) -> int:
    return max(len(own[0]), *(len(row) for row in own[1]), 0) + 3


def _beside(line: Sequence[tuple[str, list[Text]]]) -> RenderableType:
    height = max(len(rows) for _, rows in line)
    shown = []
    for number in range(-1, height):
        whole = Text("    ")
        for own in line:
            title, rows = own
            cell = Text(title) if number < 0 else rows[number] if number < len(rows) else Text()
            whole.append_text(cell).append(" " * (_width(own) - len(cell)))
        whole.rstrip()
        shown.append(whole)
    return Padding(Group(*shown), (0, 0, 1, 0))


def picture(found: Dependence, parts: Parts = ()) -> str:
    """The matrices as one SVG."""
    return svg(_scene(found, parts))


def _scene(found: Dependence, parts: Parts) -> Scene:
    title = f"{found.target}: which step depends on which"
    return influences([*_pictures(found, parts)], title)


def page(found: Dependence, parts: Parts, findings: Iterable[Finding]) -> str:
    """A file of its own: findings, the axes, the matrices, what it does as a whole."""
    rows = [
        (told.name, str(number), str(axis.size), axis.words, axis.note)
        for told in (*found.inputs, *found.results)
        for number, axis in enumerate(told.axes)
    ]
    listed = table(("tensor", "axis", "size", "is", "because"), rows, "Every axis, by behaviour")
    marks = {True: "yes", False: "no", None: None}
    said = [element("p", words, class_=marks[good]) for good, words in sentences(found)]
    scene = _scene(found, parts)
    shown = section("Which step depends on which", figure(scene, kind="influence"))
    return document(
        f"{found.target}: axes by behaviour",
        (),
        told_findings(findings),
        section("Axes", listed),
        section("As a whole", *said),
        shown if scene.groups else Html(""),
    )
