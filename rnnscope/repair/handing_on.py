"""Repairs of states that are not handed on: from step to step, or from one layer to another."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rnnscope.findings import Edit, Finding
from rnnscope.repair.code import Code, line_of
from rnnscope.repair.edits import Suggestion, after, line_before, replaced, suggest
from rnnscope.repair.states import factories, given_states, sizes, states_of
from rnnscope.spans import function_name


def handed_on(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """``h = cell(x)`` as ``h = cell(x, h)``; in front of its loop ``h = None``, where h is new."""
    for call in code.calls_at(line_of(finding)):
        statement = code.statement(call)
        if not call.args or not isinstance(statement, ast.Assign):
            continue
        name, edits = _returned_state(code, call, statement)
        if name == code.text(call.args[0]):
            continue
        given = states_of(call)
        edits.append(
            replaced(code, given, name) if given else after(code, call.args[0], f", {name}")
        )
        loops = [n for n in code.around(call) if isinstance(n, (ast.For, ast.While))]
        loops = [n for n in loops if code.scope(n) is code.scope(call)]
        if _is_known(code, name, call):
            yield suggest(code, call, *edits)
        elif loops:
            yield suggest(code, call, *edits, line_before(code, loops[0], f"{name} = None"))


def _is_known(code: Code, name: str, call: ast.Call) -> bool:
    """True for a name that a function has by this line: given to it, or assigned."""
    base, scope = name.partition("[")[0], code.scope(call)
    made = [t for t, _ in code.assigned(scope) if t.lineno < call.lineno]
    given = [n.arg for n in ast.walk(scope) if isinstance(n, ast.arg)]
    return base in (*given, *(code.text(target) for target in made))


def _returned_state(code: Code, call: ast.Call, statement: ast.Assign) -> tuple[str, list[Edit]]:
    """The name of the whole state that a call returns; given to it where it has none."""
    target = statement.targets[-1]
    built = code.constructor(call.func)
    kind = function_name(built) if built is not None else ""
    if kind == "LSTMCell" or not isinstance(target, ast.Tuple):
        name = "state" if isinstance(target, ast.Tuple) else code.text(target)
        text = f"{code.text(target).strip('()')} = state"
        return name, [replaced(code, target, text)] if isinstance(target, ast.Tuple) else []
    return _named(code, target.elts[-1])


def _named(code: Code, part: ast.expr) -> tuple[str, list[Edit]]:
    name = code.text(part)
    if isinstance(part, ast.Tuple) or name.startswith("_"):
        return "state", [replaced(code, part, "state")]
    return name, []


def begun_from(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """A layer that begins with the state which another one returned to the same function."""
    for related in finding.related:
        for made in code.layer_calls(related.location.line):
            outer = code.parent(made)
            target = outer.targets[0] if isinstance(outer, ast.Assign) else None
            if not isinstance(target, ast.Tuple):
                continue
            whole = code.text(target.elts[-1])
            name, edits = (whole, []) if "_" not in whole[:2] else _named(code, target.elts[-1])
            for call in code.layer_calls(line_of(finding)):
                given = states_of(call)
                if code.scope(call) is code.scope(made) and call.args:
                    edit = after(code, call.args[0], f", {name}")
                    edit = replaced(code, given, name) if given is not None else edit
                    yield suggest(code, call, *edits, edit)


def one_row_expanded(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """A learnt state of one row, expanded to the samples that there are."""
    for call, states in given_states(finding, code):
        built = code.constructor(call.func)
        first = built is not None and "batch_first=True" in code.text(built)
        shapes = [sizes(code, made) for made in factories(code, states)]
        rows = [shape[1] for shape in shapes if len(shape) == 3]
        learnt = [o for o in code.ancestors(states) if function_name(o) == "Parameter"]
        for node in learnt if not rows else ():
            made = [c for c in ast.walk(node) if isinstance(c, ast.Call) and c is not node]
            rows += [shape[1] for shape in (sizes(code, c) for c in made) if len(shape) == 3]
        if rows and call.args and isinstance(states, (ast.Name, ast.Attribute)):
            count = f"{code.text(call.args[0])}.size({0 if first else 1})"
            text = f"{code.text(states)}.expand(-1, {count}, -1).contiguous()"
            edits = [replaced(code, row, "1") for row in dict.fromkeys(rows)]
            yield suggest(code, call, *edits, replaced(code, states, text))
