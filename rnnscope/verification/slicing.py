"""The part of a script that one name needs: its definition and all that it refers to, no more.

A script that trains when it is run can so be taken apart: the class is executed with the imports,
constants and other classes that it uses, and the training loop is not. Torch-free.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator


def slice_for(tree: ast.Module, name: str) -> ast.Module:
    """The statements of a module that ``name`` needs, in their order and with their line numbers.

    >>> tree = ast.parse("import os\\nA = 1\\nprint(A)\\nclass B: x = A")
    >>> ast.unparse(slice_for(tree, "B"))
    'A = 1\\n\\nclass B:\\n    x = A'
    """
    wanted, kept = {name}, set[int]()
    changed = True
    while changed:
        changed = False
        for index, statement in enumerate(tree.body):
            if index not in kept and (_always(statement) or wanted & set(bound(statement))):
                kept.add(index)
                wanted |= set(used(statement))
                changed = True
    body = [statement for index, statement in enumerate(tree.body) if index in kept]
    return ast.Module(body, type_ignores=[])


def bound(statement: ast.stmt) -> Iterator[str]:
    """The names that a top-level statement binds; conditional definitions count, loops do not."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield statement.name
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        for alias in statement.names:
            yield alias.asname or alias.name.partition(".")[0]
    elif isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            yield from (n.id for n in ast.walk(target) if isinstance(n, ast.Name))
    elif isinstance(statement, (ast.If, ast.Try)) and not _is_main(statement):
        for inner in ast.iter_child_nodes(statement):
            if isinstance(inner, ast.stmt):
                yield from bound(inner)
        for handler in getattr(statement, "handlers", ()):
            for inner in handler.body:
                yield from bound(inner)


def used(statement: ast.stmt) -> Iterator[str]:
    """Every name that a statement mentions, those in strings of annotations left out."""
    return (node.id for node in ast.walk(statement) if isinstance(node, ast.Name))


def _always(statement: ast.stmt) -> bool:
    """Statements that every part of a module needs: its __future__ and star imports."""
    if not isinstance(statement, ast.ImportFrom):
        return False
    return statement.module == "__future__" or any(a.name == "*" for a in statement.names)


def _is_main(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test)


def defined(tree: ast.Module) -> list[str]:
    """The classes of a module, for a message that lists them."""
    return [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
