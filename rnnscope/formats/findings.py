"""A finding as a terminal shows it: the user's own lines, what is meant in them, the repair.

The same parts in the same order in every format: head, message, places, proof, repair, more.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions
from rich.text import Text

from rnnscope.findings import Finding, Location
from rnnscope.formats.palette import SEVERITY_STYLES
from rnnscope.frames import code_line
from rnnscope.summary import WatchSummary

TRIED = "tried: the program ran, and this finding was gone"
_LABEL = 11  # columns before what proof, repair and more say
_WIDEST = 24  # columns of a place that still leave room for code beside it


@dataclass(frozen=True)
class FindingText:
    """Prints one finding at whatever width there is; code is cut or runs on, never wrapped."""

    finding: Finding
    watched: WatchSummary | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        width, finding = options.max_width, self.finding
        yield from self._head(width)
        yield from _indented(finding.message, 2, width)
        yield from _places([*_places_of(finding)], SEVERITY_STYLES[finding.severity], width)
        if finding.proof:
            yield from _labelled("proof", finding.proof, width)
        yield from _repair(finding, width)
        yield from _labelled("more", f"rnnscope rule {finding.code}", width)

    def _head(self, width: int) -> Iterator[Text]:
        finding = self.finding
        code = f"{finding.severity}[{finding.code}]"
        head = Text.assemble(
            (code, SEVERITY_STYLES[finding.severity]), (f" {finding.name}", "bold")
        )
        times = self.watched.times(finding.count) if self.watched else f"{finding.count} times"
        if finding.count == 1 or not times:
            yield _unwrapped(head)
        elif len(head) + len(times) + 2 <= width:
            yield _unwrapped(head.append(times.rjust(width - len(head))))
        else:
            yield from (_unwrapped(head), _unwrapped(Text(f"  {times}")))


@dataclass(frozen=True)
class _Place:
    """A line with its text, and what is said of it."""

    location: Location
    code: str
    words: str = ""


def _places_of(finding: Finding) -> Iterator[_Place]:
    """The lines of a finding; a traceback that quotes its line knows it where no file does."""
    quotes = [r for r in finding.related if r.location == finding.location]
    quoted = quotes[0].message if quotes else ""
    if finding.location:
        yield _Place(finding.location, code_line(finding.location) or quoted)
    for related in finding.related:
        code = code_line(related.location)
        if related.location != finding.location or (code and related.message != code.strip()):
            yield _Place(related.location, code, related.message)


def _places(places: list[_Place], style: str, width: int) -> Iterator[Text]:
    names = [each.location.place for each in places]
    gutter = min(max(map(len, names), default=0), _WIDEST) + 4
    for name, each in zip(names, places, strict=True):
        if len(name) + 4 > gutter or not each.code:
            yield Text(f"  {name}", "bold", no_wrap=True, overflow="ignore")
        if each.code:
            yield from _code(name, each, style, gutter, width)
        else:
            yield from _indented(each.words, gutter + 2, width)


def _code(name: str, each: _Place, style: str, gutter: int, width: int) -> Iterator[Text]:
    """The line, and below it what is meant, with what is said of it."""
    start, length = _marked(each.location, each.code)
    window, start = _window(each.code, start, length, width - gutter - 2)
    head = f"  {name}".ljust(gutter + 2) if len(name) + 4 <= gutter else " " * (gutter + 2)
    yield Text.assemble((head, "bold"), window, no_wrap=True, overflow="ignore")
    indent = gutter + 2 + start
    length = min(length, width - indent)
    marks = Text(" " * indent).append("^" * length, style) if length > 0 else None
    if marks is not None and each.words and indent + length + 1 + len(each.words) <= width:
        yield marks.append(f" {each.words}")
        return
    if marks is not None:
        yield marks
    yield from _indented(each.words, gutter + 2, width)


def _marked(location: Location, code: str) -> tuple[int, int]:
    """Where in the line the expression begins, and how long it is there; 0 where unknown."""
    if location.column is None or location.end_column is None:
        return 0, 0
    behind = location.end_column - 1 if location.end_line == location.line else len(code)
    return location.column - 1, max(0, min(behind, len(code)) - location.column + 1)


def _window(code: str, start: int, length: int, room: int) -> tuple[str, int]:
    """As much of the line as fits, with the expression in it, and where that begins now."""
    indent = len(code) - len(code.lstrip())
    code, start = code[indent:], max(0, start - indent)
    if len(code) <= room:
        return code, start
    cut = max(0, min(start - 8, start + length + 4 - room))
    if cut:
        code, start = f"... {code[cut + 4 :]}", start - cut
    return (code if len(code) <= room else f"{code[: max(room - 4, 0)].rstrip()} ..."), start


def _repair(finding: Finding, width: int) -> Iterator[Text]:
    repair = finding.repair
    if repair is None:
        if finding.fix:
            yield from _labelled("fix", finding.fix, width, code=is_code(finding.fix))
        return
    for number, line in enumerate(repair.text.splitlines()):
        old = line.startswith("-")
        sign, code = (line[:1], "red" if old else "green"), (line[1:], "" if old else "bold")
        yield _unwrapped(Text.assemble(_label("repair", number), sign, code))
    if repair.tried:
        yield from _indented(TRIED, _LABEL, width)


def is_code(text: str) -> bool:
    """True for what Python can read: it is to be copied, and so never wrapped."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def _unwrapped(text: Text) -> Text:
    text.no_wrap, text.overflow = True, "ignore"
    return text


def _labelled(label: str, words: str, width: int, code: bool = False) -> Iterator[Text]:
    lines = [Text(words)] if code else list(_wrapped(words, width - _LABEL))
    for number, line in enumerate(lines):
        yield _unwrapped(Text.assemble(_label(label, number), line))


def _label(label: str, number: int) -> tuple[str, str]:
    """The label in front of the first line, and as much room in front of the others."""
    return f"  {'' if number else label:<{_LABEL - 2}}", "bold"


def _indented(words: str, indent: int, width: int) -> Iterator[Text]:
    for line in _wrapped(words, width - indent):
        yield _unwrapped(Text(" " * indent) + line)


def _wrapped(words: str, width: int) -> Iterator[Text]:
    """The words in lines; a single long word, as of code, runs on."""
    import textwrap

    for line in words.splitlines():
        wrapped = textwrap.wrap(
            line, max(width, 20), break_long_words=False, break_on_hyphens=False
        )
        yield from map(Text, wrapped)
