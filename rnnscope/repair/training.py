"""Repairs of training: what is kept from step to step, what the optimizer and the graph see."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from rnnscope.findings import Finding
from rnnscope.repair.code import Code, Function, line_of
from rnnscope.repair.edits import (
    Suggestion,
    after,
    before,
    keyword,
    line_after,
    line_before,
    replaced,
    suggest,
    without_argument,
)
from rnnscope.spans import dotted, function_name


def other_attribute(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The attribute that the model reads, in place of the one that is set."""
    found = re.fullmatch(r"set \.(\w+) instead of \.(\w+)", finding.fix or "")
    for node in code.at(line_of(finding)) if found else ():
        if found and isinstance(node, ast.Attribute) and node.attr == found[2]:
            text = f"{code.text(node.value)}.{found[1]}"
            yield suggest(code, node, replaced(code, node, text))


def assigned_result(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The result of a function that returns fresh states, kept in the attribute."""
    found = re.fullmatch(r"assign the result to \.(\w+)", finding.fix or "")
    for call in code.calls_at(line_of(finding)) if found else ():
        if (
            found
            and isinstance(code.parent(call), ast.Expr)
            and isinstance(call.func, ast.Attribute)
        ):
            target = f"{code.text(call.func.value)}.{found[1]} = "
            yield suggest(code, call, before(code, call, target))


def only_in_training(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """Dropout that evaluation turns off."""
    for call in code.calls_at(line_of(finding), "dropout", "dropout1d", "dropout2d"):
        yield suggest(code, call, keyword(code, call, "training", "self.training"))


def requires_grad(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The attribute that autograd reads: ``requires_grad``."""
    for node in code.at(line_of(finding)):
        if isinstance(node, ast.Attribute) and node.attr.startswith("require"):
            text = f"{code.text(node.value)}.requires_grad"
            yield suggest(code, node, replaced(code, node, text))


def own_state(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The names that a cell's result gets, as the states that it is given."""
    for call in code.calls_at(line_of(finding)):
        outer = code.parent(call)
        if isinstance(outer, ast.Assign) and len(call.args) == 2:
            text = code.text(outer.targets[0]).strip("()")
            state = f"({text})" if isinstance(outer.targets[0], ast.Tuple) else text
            if text != code.text(call.args[1]).strip("()"):
                yield suggest(code, call, replaced(code, call.args[1], state))


def kept_states(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The names of the states that a call is given, for those that it returns: here or outside."""
    here = code.calls_at(line_of(finding))
    outer = [code.scope(call) for call in here]
    for call in (*here, *(c for f in outer if isinstance(f, Function) for c in code.callers(f))):
        parent = code.parent(call)
        target = parent.targets[0] if isinstance(parent, ast.Assign) else None
        states = call.args[1] if len(call.args) == 2 else None
        if not isinstance(target, ast.Tuple) or states is None:
            continue
        if isinstance(states, ast.Tuple) and len(target.elts) == len(states.elts):
            yield suggest(code, call, replaced(code, target, code.text(states).strip("()")))
        last = target.elts[-1]
        yield suggest(code, call, replaced(code, last, code.text(states)))


def in_evaluation_mode(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """``model.eval()`` in front of what is computed without gradients, and ``train()`` behind."""
    for call in code.calls_at(line_of(finding)):
        blocks = [n for n in code.around(call) if isinstance(n, ast.With)]
        blocks = [n for n in blocks if code.scope(n) is code.scope(call) and _is_graphless(code, n)]
        start = blocks[-1] if blocks else _first_statement(code, call)
        model = dotted(call.func)
        if start is None or model in ("", "self") or function_name(call)[:1].isupper():
            continue
        edits = [line_before(code, start, f"{model}.eval()")]
        if any(isinstance(n, (ast.For, ast.While)) for n in code.around(start)):
            edits.append(line_after(code, start, f"{model}.train()"))
            yield suggest(code, call, *edits)
        yield suggest(code, call, edits[0])


def _is_graphless(code: Code, block: ast.With) -> bool:
    return any("no_grad" in code.text(i) or "inference" in code.text(i) for i in block.items)


def _first_statement(code: Code, call: ast.Call) -> ast.stmt | None:
    """The first statement of a function without gradients, behind what it says of itself."""
    scope = code.scope(call)
    if not isinstance(scope, Function) or not scope.decorator_list:
        return None
    body = scope.body[1:] if ast.get_docstring(scope) else scope.body
    return body[0] if body else None


def cleared(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """``optimizer.zero_grad()`` in front of ``backward``, of the optimizer that steps behind it."""
    for call in code.calls_at(line_of(finding), "backward", "step"):
        scope = code.scope(call)
        steps = [step for step in code.calls("step") if code.scope(step) is scope and not step.args]
        owners = [step.func.value for step in steps if isinstance(step.func, ast.Attribute)]
        for owner in dict.fromkeys(code.text(o) for o in owners if "sched" not in code.text(o)):
            text = f"{owner}.zero_grad()"
            yield suggest(code, call, line_before(code, code.statement(call), text))


def state_dict(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The weights of a model in place of the model."""
    for call in code.calls_at(line_of(finding), "load_state_dict"):
        if call.args:
            yield suggest(code, call, after(code, call.args[0], ".state_dict()"))


def with_graph_breaks(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """A compiled model that may leave its graph where a recurrent layer is."""
    for call in code.calls("compile"):
        for option in call.keywords:
            if option.arg == "fullgraph":
                yield suggest(code, call, without_argument(code, call, option))


def all_parameters(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """An optimizer with the parameters of the left out layer, too."""
    layers = [
        t for r in finding.related for t, v in code.assigned(None) if v.lineno == r.location.line
    ]
    for call in code.calls_at(line_of(finding)):
        given = call.args[0] if call.args else None
        if given is not None and code.text(given).endswith(".parameters()"):
            for layer in layers:
                text = f"[*{code.text(given)}, *{code.text(layer)}.parameters()]"
                if code.text(layer) not in code.text(given):
                    yield suggest(code, call, replaced(code, given, text))


def next_input(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The result of the cell that nobody reads, for the next cell that got the same input."""
    for call in code.calls_at(line_of(finding)):
        outer = code.parent(call)
        target = outer.targets[0] if isinstance(outer, ast.Assign) else None
        result = target.elts[0] if isinstance(target, ast.Tuple) else target
        body = getattr(code.parent(code.statement(call)), "body", [])
        for other in (n for s in body for n in ast.walk(s) if isinstance(n, ast.Call)):
            same = other.args and call.args and code.text(other.args[0]) == code.text(call.args[0])
            if same and result is not None and other.lineno > call.lineno:
                yield suggest(code, other, replaced(code, other.args[0], code.text(result)))
