"""Names that a person gives to what an LSTM returns: ``_, (cell, hidden) = self.lstm(x)``."""

from __future__ import annotations

import ast
import linecache
import re
from functools import lru_cache

from rnnscope.config import RNNConfig
from rnnscope.findings import Location
from rnnscope.subjects.facts import StateNames

# A word for the state, alone or with a word or a number before or after it: enc_hidden, c_t, h2.
_HIDDEN = re.compile(
    r"^([a-z0-9]+_)?(h|hn|ht|hx|hid|hidden|hiddens)(_?(n|t|x|i|state|states|\d+))?$"
)
_CELL = re.compile(r"^([a-z0-9]+_)?(c|cn|ct|cx|cell|cells)(_?(n|t|x|i|state|states|\d+))?$")
_LONGEST = 8  # lines of one statement that are read to make sense of it


def unpacking(config: RNNConfig, location: Location | None) -> StateNames | None:
    """How the pair of states was unpacked at this line, if it was."""
    names = names_at(config, location)
    return StateNames(location, *names, kind=config.kind) if names is not None else None


def names_at(config: RNNConfig, location: Location | None) -> tuple[str, str] | None:
    """The names that h and c of a layer with both are given at this line."""
    if location is None or len(config.cell.states) != 2:
        return None
    return unpacked_names(location.file, location.line, config.single_step)


@lru_cache(maxsize=512)
def unpacked_names(file: str, line: int, single_step: bool) -> tuple[str, str] | None:
    """The two names at the places of h and c, where the statement gives them names."""
    statement = _statement(file, line)
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None
    if not isinstance(statement.value, ast.Call):
        return None
    target = statement.targets[0]
    if not single_step:
        if not isinstance(target, ast.Tuple) or len(target.elts) != 2:
            return None
        target = target.elts[1]
    if not isinstance(target, ast.Tuple) or len(target.elts) != 2:
        return None
    names = [_name(node) for node in target.elts]
    return (names[0], names[1]) if all(names) else None


def _statement(file: str, line: int) -> ast.stmt | None:
    text = ""
    for number in range(line, line + _LONGEST):
        text += linecache.getline(file, number)
        try:
            body = ast.parse(text.strip()).body
        except (SyntaxError, ValueError):
            continue
        return body[0] if len(body) == 1 else None
    return None


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def is_hidden(name: str) -> bool:
    """True for names that people give to h: ``h``, ``hidden``, ``h_n``, ``enc_hidden``.

    >>> is_hidden("hidden"), is_hidden("h_t"), is_hidden("cell"), is_hidden("score")
    (True, True, False, False)
    """
    return _HIDDEN.match(name.lower()) is not None


def is_cell(name: str) -> bool:
    """True for names that people give to c: ``c``, ``cell``, ``c_n``, ``cell_state``.

    >>> is_cell("cell"), is_cell("c_n"), is_cell("hidden"), is_cell("context")
    (True, True, False, False)
    """
    return _CELL.match(name.lower()) is not None
