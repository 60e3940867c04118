"""What the user's own text says: the line at which an index was made."""

from __future__ import annotations

import ast
from dataclasses import replace
from functools import lru_cache

from rnnscope.findings import Location
from rnnscope.sources import parsed, spans


def index_made_at(location: Location | None) -> Location | None:
    """The line that made the index which is used at this line: where one would edit it.

    The line itself where the index is spelled out in it.
    """
    if location is None:
        return None
    line = _assigned_before(location.file, location.line)
    return replace(location, line=line) if line is not None else location


@lru_cache(maxsize=64)
def _assigned_before(file: str, line: int) -> int | None:
    tree = parsed(file)
    if tree is None:
        return None
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and spans(n, line)]
    scope: ast.AST = max(functions, key=lambda n: n.lineno, default=tree)
    used = _names(scope, line)
    made = [
        node.lineno
        for node in ast.walk(scope)
        if isinstance(node, ast.Assign)
        and node.lineno < line
        and len(node.targets) == 1
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id in used
    ]
    return max(made, default=None)


def _names(scope: ast.AST, line: int) -> set[str]:
    """The names in the indices of this line, and among the arguments of a gather."""
    found: set[str] = set()
    for node in ast.walk(scope):
        if getattr(node, "lineno", None) != line:
            continue
        if isinstance(node, ast.Subscript):
            found |= {n.id for n in ast.walk(node.slice) if isinstance(n, ast.Name)}
        elif isinstance(node, ast.Call):
            given = [each for argument in node.args for each in ast.walk(argument)]
            found |= {n.id for n in given if isinstance(n, ast.Name)}
    return found
