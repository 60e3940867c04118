"""Edits of a text: made from nodes, applied all at once, shown as changed lines or as a diff."""

from __future__ import annotations

import ast
import difflib
import io
import linecache
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from textwrap import dedent
from typing import TypeAlias

from rnnscope.cells import KINDS
from rnnscope.findings import Edit, Location
from rnnscope.repair.code import Code
from rnnscope.spans import anchor, function_name, located

Part: TypeAlias = ast.expr | ast.keyword
_PRIMARY = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant, ast.List, ast.ListComp)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Edits that may repair a finding, and the expression to point at."""

    edits: tuple[Edit, ...]
    at: Location | None = None


def suggest(code: Code, node: ast.expr, *edits: Edit) -> Suggestion:
    """Edits that are about this expression."""
    return Suggestion(edits, anchor(node, code.file))


def replaced(code: Code, node: ast.expr | ast.stmt | ast.keyword, text: str) -> Edit:
    """Another text for a node."""
    return _between(located(node, code.file), text)


def _between(place: Location, text: str) -> Edit:
    column, end = place.column or 1, place.end_column or 1
    return Edit(place.file, place.line, column, place.end_line or place.line, end, text)


def behind(code: Code, kept: Part, whole: Part, text: str) -> Edit:
    """Another text for what stands behind one node, up to the end of another."""
    start, end = located(kept, code.file), located(whole, code.file)
    line, column = start.end_line or start.line, start.end_column or 1
    return Edit(code.file, line, column, end.end_line or end.line, end.end_column or 1, text)


def before(code: Code, node: ast.expr, text: str) -> Edit:
    """A text in front of a node."""
    place = located(node, code.file)
    column = place.column or 1
    return Edit(code.file, place.line, column, place.line, column, text)


def after(code: Code, node: Part, text: str) -> Edit:
    """A text behind a node."""
    return behind(code, node, node, text)


def suffixed(code: Code, node: ast.expr, suffix: str) -> tuple[Edit, ...]:
    """``x`` as ``x.float()``; anything that is not one term gets parentheses first."""
    if isinstance(node, _PRIMARY):
        return (after(code, node, suffix),)
    if isinstance(node, ast.Tuple):
        return tuple(edit for part in node.elts for edit in suffixed(code, part, suffix))
    return before(code, node, "("), after(code, node, f"){suffix}")


def keyword(code: Code, call: ast.Call, name: str, value: str) -> Edit:
    """An option of a call with this value, wherever the call has it or should have it."""
    given = argument(call, name)
    if given is not None:
        return replaced(code, given, value)
    unpacked = [each.value for each in call.keywords if each.arg is None]
    if unpacked:
        return replaced(code, unpacked[0], f'{{**{code.text(unpacked[0])}, "{name}": {value}}}')
    every: list[Part] = [*call.args, *call.keywords]
    last = max(every, key=lambda n: (n.end_lineno or 0, n.end_col_offset or 0), default=None)
    if last is not None:
        return after(code, last, f", {name}={value}")
    end = located(call, code.file)
    column = (end.end_column or 2) - 1
    return Edit(
        code.file,
        end.end_line or end.line,
        column,
        end.end_line or end.line,
        column,
        f"{name}={value}",
    )


def argument(call: ast.Call, name: str) -> ast.expr | None:
    """The value of an option of a call, by name or, for recurrent layers, by its place."""
    for given in call.keywords:
        if given.arg == name:
            return given.value
    kind = KINDS.get(function_name(call))
    options = kind.options if kind else ()
    place = options.index(name) if name in options else len(call.args)
    return call.args[place] if place < len(call.args) else None


def without_argument(code: Code, call: ast.Call, given: Part) -> Edit:
    """A call without one of its arguments, and without the comma that belongs to it."""
    every: list[Part] = [*call.args, *call.keywords]
    place = every.index(given)
    here = located(given, code.file)
    if place:
        return behind(code, every[place - 1], given, "")
    if len(every) > 1:
        follower = located(every[1], code.file)
        return Edit(code.file, here.line, here.column or 1, follower.line, follower.column or 1, "")
    return _between(here, "")


def removed(code: Code, statement: ast.stmt) -> Edit:
    """A file without the lines of a statement."""
    end = statement.end_lineno or statement.lineno
    return Edit(code.file, statement.lineno, 1, end + 1, 1, "")


def above(code: Code, node: ast.expr, text: str) -> Edit:
    """More lines above the outermost statement that a node is in."""
    statements = [n for n in code.around(node) if isinstance(n, ast.stmt)]
    marks = getattr(statements[-1], "decorator_list", [])
    line = min([statements[-1].lineno, *(mark.lineno for mark in marks)])
    return Edit(code.file, line, 1, line, 1, text)


def line_after(code: Code, statement: ast.stmt, text: str) -> Edit:
    """One more line behind a statement, as far in as it is."""
    end = statement.end_lineno or statement.lineno
    indent = linecache.getline(code.file, statement.lineno)[: statement.col_offset]
    column = len(linecache.getline(code.file, end).rstrip("\r\n")) + 1
    return Edit(code.file, end, column, end, column, f"\n{indent}{text}")


def line_before(code: Code, statement: ast.stmt, text: str) -> Edit:
    """One more line in front of a statement, as far in as it is."""
    marks = getattr(statement, "decorator_list", [])
    line = min([statement.lineno, *(mark.lineno for mark in marks)])
    indent = linecache.getline(code.file, statement.lineno)[: statement.col_offset]
    return Edit(code.file, line, 1, line, 1, f"{indent}{text}\n")


def applied(text: str, edits: Iterable[Edit]) -> str:
    """A text after all the edits. Raises ValueError where two of them overlap.

    >>> applied("a = f(1)\\n", [Edit("t.py", 1, 7, 1, 8, "2")])
    'a = f(2)\\n'
    """
    lines = io.StringIO(text, newline="").readlines()
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    position = len(text) + 1
    for edit in sorted(set(edits), key=lambda e: (e.line, e.column, e.end_line), reverse=True):
        start = starts[edit.line - 1] + edit.column - 1
        stop = starts[min(edit.end_line, len(lines) + 1) - 1] + edit.end_column - 1
        if stop > position:
            raise ValueError("two edits are about the same characters")
        text = text[:start] + edit.replacement.replace("\n", ending) + text[stop:]
        position = start
    return text


def between(file: str, old: str, new: str) -> tuple[Edit, ...]:
    """The edits that make one text of another, in whole lines."""
    before_, after_ = (io.StringIO(text, newline="").readlines() for text in (old, new))
    matcher = difflib.SequenceMatcher(None, before_, after_, autojunk=False)
    return tuple(
        Edit(file, a + 1, 1, b + 1, 1, "".join(after_[c:d]).replace("\r\n", "\n"))
        for kind, a, b, c, d in matcher.get_opcodes()
        if kind != "equal"
    )


def changed_lines(text: str, edits: Sequence[Edit]) -> str:
    """The lines that the edits change: old ones after -, new ones after +.

    A line that is only added has the line in front of it beside it, unmarked.
    """
    old, new = text.splitlines(), applied(text, edits).splitlines()
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    blocks = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind != "equal":
            block = [f"- {line}" for line in old[a:b]] + [f"+ {line}" for line in new[c:d]]
            block = [f"  {line}" for line in old[a - 1 : a] if kind == "insert"] + block
            blocks.append(_dedented(block))
    return "\n".join(blocks)


def _dedented(block: list[str]) -> str:
    plain = dedent("\n".join(line[2:] for line in block)).split("\n")
    return "\n".join(f"{line[:2]}{rest}".rstrip() for line, rest in zip(block, plain, strict=True))


def unified(name: str, text: str, edits: Sequence[Edit]) -> str:
    """A diff of one file, as ``git apply`` takes it in the folder that ``name`` is relative to."""
    old, new = (io.StringIO(t, newline="").readlines() for t in (text, applied(text, edits)))
    return "".join(_ended(difflib.unified_diff(old, new, f"a/{name}", f"b/{name}")))


def _ended(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
