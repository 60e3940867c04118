"""The expression to point at in each line of a finding: what the words of the line speak of."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from rnnscope.cells import KINDS
from rnnscope.findings import Location
from rnnscope.repair.code import Code, code_of
from rnnscope.spans import CONSTRUCTOR, anchor, function_name


def pointed(location: Location, words: str) -> Location:
    """The location with the expression that these words are about; as it is where none is found."""
    code = code_of(location.file)
    if location.column is not None or code is None:
        return location
    for node in _candidates(code, location.line, words):
        place = anchor(node, code.file)
        if place.line == location.line:
            return place
    return location


def _candidates(code: Code, line: int, words: str) -> Iterator[ast.expr]:
    """What is named in the words, what they must mean, and at last what the statement is about."""
    here = [node for node in code.at(line) if node.lineno == line]
    named = set(re.findall(r"[A-Za-z_]\w+", words)) - {"input", "output"}
    if "built" in words:
        yield from filter(CONSTRUCTOR, here)
    yield from (n for n in here if function_name(n) in named and function_name(n) not in KINDS)
    if set(KINDS) & named:
        calls = [node for node in here if isinstance(node, ast.Call)]
        yield from (call for call in calls if code.constructor(call.func) is not None)
        yield from filter(CONSTRUCTOR, here)
    yield from (node for node in here if isinstance(node, ast.Subscript) and _is_index(node))
    yield from (node for node in here if getattr(code.parent(node), "value", None) is node)


def _is_index(node: ast.Subscript) -> bool:
    return not isinstance(node.slice, ast.Constant) or isinstance(node.slice.value, int)
