"""Where on a line: the expression of the user's text that is meant, found in its syntax tree.

Only findings ask for it: while a program runs, a line or ``(code, lasti)`` is all that is kept.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from types import CodeType

from rnnscope.cells import KINDS
from rnnscope.findings import Location
from rnnscope.frames import place
from rnnscope.sources import parsed, spans

Test = Callable[[ast.expr], bool]


@lru_cache(maxsize=16)
def tree_of(file: str) -> ast.Module | None:
    """The syntax tree of a file, kept: a finding asks for it more than once."""
    return parsed(file)


def located(node: ast.expr | ast.stmt | ast.keyword, file: str) -> Location:
    """The place of a node; columns in characters, where the tree counts bytes."""
    end = node.end_lineno or node.lineno
    return Location(
        file,
        node.lineno,
        _characters(file, node.lineno, node.col_offset),
        end,
        _characters(file, end, node.end_col_offset or node.col_offset),
    )


def _characters(file: str, line: int, offset: int) -> int:
    return len(linecache.getline(file, line).encode()[:offset].decode(errors="replace")) + 1


def dotted(node: ast.AST) -> str:
    """``nn.LSTM`` of such a node; an empty text of anything that is no name."""
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    return node.id if isinstance(node, ast.Name) else ""


def function_name(node: ast.AST) -> str:
    """The last name of what is called: ``view`` of ``f(x).view(2)``; empty for all else."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func)


def calls(*names: str) -> Test:
    """A call of a function or method of one of these names."""
    return lambda node: function_name(node) in names


CONSTRUCTOR = calls(*KINDS)


def expressions(file: str, line: int, test: Test) -> Iterator[ast.expr]:
    """Those that pass the test: begun at the line first, then those that go over it."""
    tree = tree_of(file)
    found = [n for n in ast.walk(tree) if isinstance(n, ast.expr)] if tree is not None else []
    found = [node for node in found if spans(node, line) and test(node)]
    yield from sorted(found, key=lambda node: (node.lineno != line, node.col_offset))


def span(file: str, line: int, *tests: Test) -> Location | None:
    """The expression at this line that passes the first of the tests that any passes.

    Of a call it is what is called. Without a test that passes: the value of the statement.
    None where the file cannot be read, or the line holds no expression.
    """
    for test in (*tests, _is_value(file)):
        for node in expressions(file, line, test):
            return anchor(node, file)
    return None


def _is_value(file: str) -> Test:
    statements = [n for n in ast.walk(tree_of(file) or ast.Module([], [])) if _has_value(n)]
    values = {id(node.value) for node in statements}  # type: ignore[attr-defined]
    return lambda node: id(node) in values and not isinstance(node, ast.Constant)


def _has_value(node: ast.AST) -> bool:
    return isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Expr))


def anchor(node: ast.expr, file: str) -> Location:
    """What to point at: of a call its name, of ``f(x).view(2)`` the ``view``, else all of it."""
    whole = located(node, file)
    if not isinstance(node, ast.Call):
        return whole
    name = located(node.func, file)
    if isinstance(node.func, ast.Attribute) and not dotted(node.func):
        line, end = name.end_line or name.line, name.end_column or 1
        return replace(name, line=line, column=end - len(node.func.attr))
    return name


def expression_of(code: CodeType, lasti: int) -> Location | None:
    """The expression that an instruction belongs to; ``lasti`` as of a frame or a traceback.

    Python 3.11 and later know it (PEP 657). Before, it is the value of the statement at the line.
    """
    file = place(code.co_filename, 1).file
    if not hasattr(code, "co_positions"):
        line = _line_of(code, lasti)
        return span(file, line) if line else None
    position = next(islice(code.co_positions(), lasti // 2, None), (None,) * 4)
    line, end, start, stop = position
    if line is None or end is None or start is None or stop is None:  # python -X no_debug_ranges
        return span(file, line) if line else None
    exact = (line, start, end, stop)
    for node in expressions(file, line, lambda n: _extent(n) == exact):
        return anchor(node, file)
    return Location(file, line, _characters(file, line, start), end, _characters(file, end, stop))


def _extent(node: ast.expr) -> tuple[int, int, int | None, int | None]:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _line_of(code: CodeType, lasti: int) -> int | None:
    lines = (line for start, end, line in code.co_lines() if start <= lasti < end)
    return next(lines, None)
