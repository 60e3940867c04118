"""Does a dropout function drop elements in a module that is in eval mode, told nothing of it?"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rnnscope.recording.tape import Tape
from rnnscope.sources import nodes, spans
from rnnscope.subjects.training import DropoutAlwaysOn

_POSITION = 2  # of ``training`` among the arguments, after input and p


def dropouts_always_on(tape: Tape) -> Iterator[DropoutAlwaysOn]:
    """Calls that a module in eval mode makes itself, with the default of ``training``."""
    for call in tape.calls:
        place, p = call.location, call.kwargs.get("p")
        if call.training is not False or call.kwargs.get("training") is not True:
            continue
        if "dropout" in call.name and p and place is not None:
            repaired = _repaired(place.file, place.line, call.name)
            if repaired is not None:
                yield DropoutAlwaysOn(call.name, float(p), repaired, place)


def _repaired(file: str, line: int, name: str) -> str | None:
    """The call with its mode, where it is written without; None where that is not known."""
    calls = [call for call in nodes(file, ast.Call) if spans(call, line) and _is_of(call, name)]
    if not calls or any(_tells_mode(call) for call in calls):
        return None
    call = calls[-1]
    call.keywords.append(ast.keyword("training", ast.parse("self.training", mode="eval").body))
    return ast.unparse(call)


def _is_of(call: ast.Call, name: str) -> bool:
    return ast.unparse(call.func).rpartition(".")[2] == name


def _tells_mode(call: ast.Call) -> bool:
    """True when ``training`` is among the arguments, or may be."""
    starred = any(isinstance(argument, ast.Starred) for argument in call.args)
    named = any(keyword.arg in (None, "training") for keyword in call.keywords)
    return starred or named or len(call.args) > _POSITION
