"""Failures read off a text: a traceback as Python or a notebook prints it, a warning, a message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rnnscope.findings import Location
from rnnscope.subjects import Failure

_SLASH = re.compile(r"[/\\]")
_HEAD = "Traceback (most recent call last)"
_FRAMES = (
    re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>.+))?$'),
    # IPython: "File ~/train.py:31, in Model.forward(self, x)" and "Cell In[3], line 5, in …"
    re.compile(r"^File (?P<file>\S+?):(?P<line>\d+)(?:, in (?P<function>[^(]+).*)?$"),
    re.compile(r"^(?P<file>Cell In\s?\[\d+\]), line (?P<line>\d+)(?:, in (?P<function>[^(]+).*)?$"),
)
_RAISED = re.compile(r"^(?P<name>[A-Za-z_][\w.]*)(?:: (?P<text>.*))?$")
_NAMED = re.compile(r"^(?P<name>[A-Za-z_][\w.]*(?:Error|Exception|Warning|Unsupported)): (?=\S)")
_WARNED = re.compile(
    r"^(?P<file>.+?\.pyw?|<[^>]+>):(?P<line>\d+): (?P<name>\w*Warning): (?P<text>.*)$", re.M
)
_LIBRARY = re.compile(
    r"site-packages|dist-packages|[/\\]lib(?:64)?[/\\]python\d|[/\\]torch[/\\]|^<frozen", re.I
)


@dataclass(frozen=True, slots=True)
class _Frame:
    file: str
    line: int
    function: str
    source: str | None

    @property
    def is_users(self) -> bool:
        """The text may come from another machine, so only the path itself can tell."""
        return _LIBRARY.search(self.file) is None

    @property
    def step(self) -> str:
        return f"{_SLASH.split(self.file)[-1]}:{self.function}"


def failures_in(text: str) -> Iterator[Failure]:
    """Each failure that a text shows, the one that ended the program first.

    >>> [failure] = failures_in("RuntimeError: Expected hidden size (1, 3, 20), got [3, 1, 20]")
    >>> failure.exception, failure.text[:20]
    ('RuntimeError', 'Expected hidden size')
    """
    before, *tracebacks = text.split(_HEAD)
    for block in reversed(tracebacks):
        yield _of_traceback(block)
    warned = _WARNED.search(before)
    if warned is not None:
        yield _of_warning(warned)
    elif before.strip():
        yield _of_message(before.strip())


def _of_message(text: str) -> Failure:
    named = _NAMED.match(text)
    if named is None:
        return Failure(text)
    return Failure(text[named.end() :], named["name"])


def _of_warning(found: re.Match[str]) -> Failure:
    frame = _Frame(found["file"], int(found["line"]), "", None)
    place = Location(frame.file, frame.line) if frame.is_users else None
    return Failure(found["text"], found["name"], location=place)


def _of_traceback(block: str) -> Failure:
    lines = block.splitlines()
    frames = list(_frames(lines))
    name, text = _raised(lines)
    last = max((i for i, frame in enumerate(frames) if frame.is_users), default=None)
    if last is None:
        return Failure(text, name, through=tuple(frame.step for frame in frames))
    users = frames[last]
    return Failure(
        text,
        name,
        location=Location(users.file, users.line),
        source=users.source,
        through=tuple(frame.step for frame in frames[last + 1 :]),
    )


def _frames(lines: list[str]) -> Iterator[_Frame]:
    for number, line in enumerate(lines):
        found = next(filter(None, (pattern.match(line) for pattern in _FRAMES)), None)
        if found is not None:
            source = _source(lines[number + 1 :], int(found["line"]))
            function = (found["function"] or "").strip()
            yield _Frame(found["file"], int(found["line"]), function, source)


def _source(following: list[str], line: int) -> str | None:
    """The code under a frame: the next line, or the one with IPython's arrow."""
    if not following:
        return None
    for text in following[:12]:
        arrow = re.match(rf"^-+>\s*{line}\s(.*)$", text)
        if arrow:
            return arrow[1].strip()
    indented = following[0].startswith("    ") and not _FRAMES[0].match(following[0])
    return following[0].strip() or None if indented else None


def _raised(lines: list[str]) -> tuple[str | None, str]:
    """The exception's name and message: what stands after the last frame, not indented."""
    last = max(
        (i for i, line in enumerate(lines) if any(p.match(line) for p in _FRAMES)), default=0
    )
    for number in range(last + 1, len(lines)):
        found = _RAISED.match(lines[number])
        if found is not None:
            rest = [found["text"] or "", *lines[number + 1 :]]
            return found["name"], "\n".join(rest).strip()
    return None, "\n".join(lines).strip()
