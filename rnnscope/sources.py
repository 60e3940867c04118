"""What the user's own text says: the nodes of a file's syntax tree."""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Iterator
from types import FrameType, ModuleType
from typing import TypeVar

from rnnscope.frames import is_users

Node = TypeVar("Node", bound=ast.AST)


def parsed(file: str) -> ast.Module | None:
    """The syntax tree of a file; None where it cannot be read."""
    try:
        return ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return None


def nodes(file: str, kind: type[Node]) -> Iterator[Node]:
    """Every node of this kind in a file; none where the file cannot be read."""
    tree = parsed(file)
    walk = ast.walk(tree) if tree is not None else ()
    yield from (node for node in walk if isinstance(node, kind))


def spans(node: ast.expr | ast.stmt, line: int) -> bool:
    """True when the text of a node goes over this line.

    >>> spans(ast.parse("f(1,\\n  2)").body[0], 2)
    True
    """
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def running(frame: FrameType | None) -> tuple[str, ...]:
    """The user's files that are running: those from this frame outwards, modules, notebook cells.

    In the order in which one would look, each once.
    """
    files: list[str] = []
    while frame is not None:
        files.append(frame.f_code.co_filename)
        frame = frame.f_back
    # Read off their dictionaries: a module of another kind may load something when it is asked.
    modules = [module for module in list(sys.modules.values()) if isinstance(module, ModuleType)]
    files += [file for module in modules if (file := vars(module).get("__file__"))]
    files += [file for file in list(linecache.cache) if file.startswith("<")]
    return tuple(file for file in dict.fromkeys(files) if is_users(file))
