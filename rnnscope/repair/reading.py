"""Repairs of how results are read: indices, names, the final states instead of a step."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rnnscope.findings import Edit, Finding
from rnnscope.repair.code import Code, line_of
from rnnscope.repair.edits import Suggestion, after, replaced, suggest


def index_of_fix(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The user's own subscript with the index of the fix: ``output[:, -1]``."""
    wanted = _subscript(finding.fix)
    if wanted is None:
        return
    index = ast.unparse(wanted.slice)
    for node in _subscripts(finding, code):
        if code.text(node.slice).strip("()") != index.strip("()"):
            text = f"{code.text(node.value)}[{index.strip('()')}]"
            yield suggest(code, node, replaced(code, node, text))


def _subscript(fix: str | None) -> ast.Subscript | None:
    try:
        node = ast.parse(fix or "", mode="eval").body
    except SyntaxError:
        return None
    return node if isinstance(node, ast.Subscript) else None


def _subscripts(finding: Finding, code: Code) -> list[ast.Subscript]:
    """The subscripts at the line that pick tensors, the one that was pointed at first."""
    column = finding.location.column if finding.location else None
    found = [n for n in code.at(line_of(finding)) if isinstance(n, ast.Subscript)]
    return sorted(found, key=lambda n: n.col_offset + 1 != column)


def final_states(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """Both directions of the last layer, from the states that the layer returns."""
    for node in _subscripts(finding, code):
        if isinstance(node.slice, ast.Slice):
            continue  # several slots: states of another layer, not features
        for assignment in _layer_results(code, node.value):
            name, edits = _hidden(code, assignment)
            if name:
                both = f"torch.cat(({name}[-2], {name}[-1]), dim=-1)"
                yield suggest(code, node, replaced(code, node, both), *edits)


def _layer_results(code: Code, node: ast.expr) -> Iterator[ast.Assign]:
    """The assignments of a layer's call from which a value comes."""
    for origin in code.origins(node):
        outer = code.parent(origin)
        if not isinstance(origin, ast.Call) or not isinstance(outer, ast.Assign):
            continue
        if code.constructor(origin.func) is not None:
            yield outer


def _hidden(code: Code, assignment: ast.Assign) -> tuple[str, list[Edit]]:
    """The name of h_n where a layer's result is unpacked; given to it where it was dropped."""
    target, call = assignment.targets[0], assignment.value
    if not isinstance(target, ast.Tuple) or len(target.elts) != 2 or not isinstance(call, ast.Call):
        return "", []
    state = target.elts[1]
    built = code.constructor(call.func)
    pair = built is not None and code.text(built.func).endswith("LSTM")
    if isinstance(state, ast.Tuple) and state.elts:
        state = state.elts[0]
        pair = False
    if not isinstance(state, ast.Name):
        return "", []
    if state.id.startswith("_"):
        return "h_n", [replaced(code, state, "(h_n, _)" if pair else "h_n")]
    return (f"{state.id}[0]" if pair else state.id), []


def index_of_layout(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The last step or slot on the axis where the layer has it, wherever the file reads another."""
    for node in code.nodes:
        if not isinstance(node, ast.Subscript) or not isinstance(node.ctx, ast.Load):
            continue
        index = code.text(node.slice).strip("()")
        wanted = {":, -1": "-1", "-1": ":, -1", ":, 0": "0", "0": ":, 0"}.get(index)
        if wanted is not None and _is_crosswise(code, node.value, index):
            text = f"{code.text(node.value)}[{wanted}]"
            yield suggest(code, node, replaced(code, node, text))


def _is_crosswise(code: Code, value: ast.expr, index: str) -> bool:
    """True for steps that are picked where a layer has samples, and for slots in the same way."""
    for assignment in _layer_results(code, value) if isinstance(value, ast.Name) else ():
        target, call = assignment.targets[0], assignment.value
        built = code.constructor(call.func) if isinstance(call, ast.Call) else None
        if not isinstance(target, ast.Tuple) or built is None:
            continue
        first = "batch_first=True" in code.text(built)
        is_output = code.text(target.elts[0]) == code.text(value)
        return (index[0] != ":") is first if is_output else index[0] == ":"
    return False


def names_of_fix(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The names that a result is unpacked as, in the order of the fix."""
    wanted = (finding.fix or "").strip("()")
    for node in code.at(line_of(finding)):
        if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Store):
            names = [code.text(part) for part in node.elts]
            if sorted(names) == sorted(wanted.split(", ")) and ", ".join(names) != wanted:
                parts = zip(node.elts, wanted.split(", "), strict=True)
                edits = [replaced(code, part, name) for part, name in parts]
                yield suggest(code, node, *edits)


def hidden_for_cell(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """h_n where c_n was read."""
    for node in code.at(line_of(finding)):
        for assignment in _layer_results(code, node) if isinstance(node, ast.Name) else ():
            name, edits = _hidden(code, assignment)
            if name and name != code.text(node):
                yield suggest(code, node, replaced(code, node, name), *edits)


def index_before_length(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """``lengths - 1`` for lengths that were taken as indices."""
    for node in code.at(line_of(finding)):
        if isinstance(node, ast.Name) and "len" in node.id.lower():
            yield suggest(code, node, replaced(code, node, f"({node.id} - 1)"))


def last_real_step(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """Each sequence at its own last step, where their lengths have a name."""
    for node in _subscripts(finding, code):
        scope = code.scope(node)
        for lengths in lengths_in(scope):
            steps, rows = f"{lengths} - 1", f"torch.arange(len({lengths}))"
            first = isinstance(node.slice, ast.Tuple) and isinstance(node.slice.elts[0], ast.Slice)
            index = f"{rows}, {steps}" if first else f"{steps}, {rows}"
            text = f"{code.text(node.value)}[{index}]"
            yield suggest(code, node, replaced(code, node, text))


def lengths_in(scope: ast.AST) -> list[str]:
    """Names of a function that speak of lengths: its parameters, and what is assigned in it."""
    given = [node.arg for node in ast.walk(scope) if isinstance(node, ast.arg)]
    made = [n.id for n in ast.walk(scope) if isinstance(n, ast.Name) and _is_stored(n)]
    return [name for name in dict.fromkeys([*given, *made]) if "len" in name.lower()]


def _is_stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def same_order(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """What was sorted, in its first order again: the index that restores the other results."""
    for node in code.at(line_of(finding)):
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name):
            outer = code.parent(node)
            others = outer.elts if isinstance(outer, ast.Tuple) else []
            for other in others:
                if isinstance(other, ast.Name):
                    text = f"[:, {node.slice.id}]"
                    yield suggest(code, other, after(code, other, text))
                    pair = f"tuple(part{text} for part in {other.id})"
                    yield suggest(code, other, replaced(code, other, pair))
    yield from _unsorted(finding, code)


def _unsorted(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The sorting undone on the last state, where the function returns it."""
    places = [finding.location, *(related.location for related in finding.related)]
    for place in places:
        for node in code.at(place.line) if place else ():
            index = node.slice if isinstance(node, ast.Subscript) else None
            scope = code.scope(node)
            if not isinstance(index, ast.Name) or isinstance(scope, ast.Module):
                continue
            for result in code.returned(scope):
                for part in ast.walk(result):
                    if isinstance(part, ast.Subscript) and code.text(part.slice) == "-1":
                        text = f"[{index.id}.argsort()]"
                        yield suggest(code, part, after(code, part, text))
