"""Repairs of the graph: what autograd should see, and what it should not."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rnnscope.findings import Edit, Finding
from rnnscope.repair.code import Code, line_of
from rnnscope.repair.edits import (
    Suggestion,
    behind,
    line_after,
    replaced,
    suffixed,
    suggest,
    without_argument,
)
from rnnscope.repair.states import states_of
from rnnscope.spans import function_name


def attached(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The prediction with its graph: without ``detach()`` or ``.data`` on its way to the loss."""
    for start in code.at(line_of(finding)):
        for origin in code.ancestors(start):
            if _is_cut(origin):
                yield suggest(code, origin, _cut_off(code, origin))


def attached_state(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """A result handed on with its graph."""
    for node in code.at(line_of(finding)):
        if _is_cut(node):
            yield suggest(code, node, _cut_off(code, node))


def _is_cut(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return function_name(node) == "detach" and isinstance(node.func, ast.Attribute)
    return isinstance(node, ast.Attribute) and node.attr == "data"


def _cut_off(code: Code, node: ast.expr) -> Edit:
    """``x.detach()`` or ``x.data`` as ``x``."""
    function = node.func if isinstance(node, ast.Call) else node
    inner = function.value if isinstance(function, ast.Attribute) else node
    return behind(code, inner, node, "")


def one_number(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The mean of many losses."""
    for call in code.calls_at(line_of(finding), "backward"):
        if isinstance(call.func, ast.Attribute):
            value = call.func.value
            yield suggest(code, value, *suffixed(code, value, ".mean()"))


def state_without_graph(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """A state that is carried on, detached behind the backward pass of its step."""
    for call in code.calls_at(line_of(finding), "backward"):
        kept = [k for k in call.keywords if k.arg == "retain_graph"]
        edits = [without_argument(code, call, each) for each in kept]
        statement = _stepped(code, code.statement(call))
        for name, pair in _carried(code, code.statement(call)):
            cut = f"tuple(part.detach() for part in {name})" if pair else f"{name}.detach()"
            line = line_after(code, statement, f"{name} = {cut}")
            yield suggest(code, call, *edits, line)


def kept_state_without_graph(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """A state on ``self`` that a layer is given and returns, detached for the next call."""
    for statement in code.nodes:
        call = statement.value if isinstance(statement, ast.Assign) else None
        if not isinstance(call, ast.Call) or not isinstance(statement, ast.Assign):
            continue
        built, states = code.constructor(call.func), states_of(call)
        stored = {code.text(n) for t in statement.targets for n in ast.walk(t)}
        name = code.text(states) if isinstance(states, ast.Attribute) else ""
        if built is not None and name in stored:
            pair = function_name(built).startswith("LSTM")
            cut = f"tuple(part.detach() for part in {name})" if pair else f"{name}.detach()"
            yield suggest(code, call, line_after(code, statement, f"{name} = {cut}"))


def _stepped(code: Code, backward: ast.stmt) -> ast.stmt:
    """The optimizer's step behind a backward pass, or the backward pass itself."""
    body = getattr(code.parent(backward), "body", [backward])
    behind = body[body.index(backward) :] if backward in body else [backward]
    steps = [s for s in behind if isinstance(s, ast.Expr) and function_name(s.value) == "step"]
    return steps[0] if steps else backward


def _carried(code: Code, backward: ast.stmt) -> Iterator[tuple[str, bool]]:
    """The names that a loop hands from one call to the next, and whether they may be a pair."""
    loop = next((n for n in code.around(backward) if isinstance(n, (ast.For, ast.While))), None)
    for node in ast.walk(loop) if loop else ():
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            continue
        targets = {n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)}
        for given in [*node.value.args, *(k.value for k in node.value.keywords)]:
            if isinstance(given, ast.Name) and given.id in targets:
                pair = _is_pair(code, given)
                yield given.id, pair
                yield given.id, not pair


def _is_pair(code: Code, state: ast.Name) -> bool:
    """True for the (h, c) of an LSTM: of the layer that it comes from, or of any in the file."""
    for origin in code.origins(state):
        if isinstance(origin, ast.Tuple):
            return True
        built = code.constructor(origin.func) if isinstance(origin, ast.Call) else None
        if built is not None:
            return function_name(built).startswith("LSTM")
    return bool(code.calls("LSTM", "LSTMCell"))


def without_gradient(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """Weights that are set where autograd does not look."""
    for node in code.at(line_of(finding))[:1]:
        statement = code.statement(node)
        indent = " " * (statement.col_offset + 4)
        text = f"with torch.no_grad():\n{indent}{code.text(statement)}"
        yield suggest(code, node, replaced(code, statement, text))
