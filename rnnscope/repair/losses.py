"""Repairs of the meeting of predictions and targets in a loss."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rnnscope.findings import Edit, Finding
from rnnscope.repair.code import Code, line_of
from rnnscope.repair.constructors import constructions
from rnnscope.repair.edits import (
    Suggestion,
    keyword,
    line_after,
    replaced,
    suffixed,
    suggest,
    without_argument,
)
from rnnscope.spans import function_name, located

_FLAT = frozenset(("flatten", "view", "reshape", "transpose", "permute", "contiguous", "float"))
_OPERATORS = (ast.Sub, ast.Mult)


def _meetings(finding: Finding, code: Code) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What meets at the line: the two sides of a difference, or a loss's first two arguments."""
    for node in code.at(line_of(finding)):
        if isinstance(node, ast.BinOp) and isinstance(node.op, _OPERATORS):
            if not isinstance(node.left, ast.Constant) and not isinstance(node.right, ast.Constant):
                yield node.left, node.right
        elif isinstance(node, ast.Call) and len(node.args) > 1 and function_name(node) not in _FLAT:
            yield node.args[0], node.args[1]


def no_last_axis(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """``squeeze(-1)`` on the prediction, or on the target where that is the column."""
    for prediction, target in _meetings(finding, code):
        yield suggest(code, prediction, *suffixed(code, prediction, ".squeeze(-1)"))
        yield suggest(code, target, *suffixed(code, target, ".squeeze(-1)"))


def classes_second(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The class axis second, where a loss wants it."""
    for prediction, _ in _meetings(finding, code):
        yield suggest(code, prediction, *suffixed(code, prediction, ".transpose(1, 2)"))


def time_first(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The time axis first, where ``ctc_loss`` wants it."""
    for prediction, _ in _meetings(finding, code):
        yield suggest(code, prediction, *suffixed(code, prediction, ".transpose(0, 1)"))


def both_flat(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """Both sides flattened to one row for each step of each sample."""
    for prediction, target in _meetings(finding, code):
        yield suggest(code, target, *suffixed(code, target, ".flatten()"))
        yield suggest(code, prediction, *suffixed(code, prediction, ".flatten(0, 1)"))
        edits = *suffixed(code, prediction, ".flatten(0, 1)"), *suffixed(code, target, ".flatten()")
        yield suggest(code, prediction, *edits)
        yield suggest(code, prediction, *suffixed(code, prediction, ".transpose(1, 2)"))


def whole_targets(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """Class targets as whole numbers."""
    for _, target in _meetings(finding, code):
        yield suggest(code, target, *suffixed(code, target, ".long()"))
        yield suggest(code, target, *suffixed(code, target, ".float()"))


def next_targets(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The scores of each step but the last, against the token after it."""
    first = any(_is_batch_first(home, call) for home, call in constructions(finding))
    cuts = ("[:, :-1]", "[:, 1:]"), ("[:-1]", "[1:]")
    for scores, targets in _meetings(finding, code):
        for early, late in cuts if first else cuts[::-1]:
            edits = *suffixed(code, _base(scores), early), *suffixed(code, _base(targets), late)
            yield suggest(code, scores, *edits)


def _is_batch_first(code: Code, call: ast.Call) -> bool:
    return "batch_first=True" in code.text(call)


def _base(node: ast.expr) -> ast.expr:
    """What was flattened or turned before it came to the loss."""
    while function_name(node) in _FLAT and isinstance(node, ast.Call):
        if not isinstance(node.func, ast.Attribute):
            break
        node = node.func.value
    return node


def attached(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The prediction with its graph: without ``detach()`` or ``.data`` on its way to the loss."""
    for start in code.at(line_of(finding)):
        for origin in code.ancestors(start):
            if _is_cut(origin):
                inner = origin.func.value if isinstance(origin, ast.Call) else origin.value  # type: ignore[attr-defined]
                yield suggest(code, origin, _cut_off(code, origin, inner))


def _is_cut(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return function_name(node) == "detach" and isinstance(node.func, ast.Attribute)
    return isinstance(node, ast.Attribute) and node.attr == "data"


def _cut_off(code: Code, node: ast.expr, inner: ast.expr) -> Edit:
    whole, kept = located(node, code.file), located(inner, code.file)
    return Edit(
        code.file,
        kept.end_line or kept.line,
        kept.end_column or 1,
        whole.end_line or whole.line,
        whole.end_column or 1,
        "",
    )


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
                yield given.id, False
                yield given.id, True


def ignored_padding(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """Targets padded with the value that the loss leaves out."""
    for related in finding.related:
        for call in code.calls_at(related.location.line, "pad_sequence"):
            yield suggest(code, call, keyword(code, call, "padding_value", "-100"))


def softmax_over_classes(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """``log_softmax`` along the axis of the classes."""
    for call in code.calls_at(line_of(finding), "log_softmax", "softmax", "LogSoftmax"):
        given = [k.value for k in call.keywords if k.arg == "dim"] + call.args[-1:]
        if given:
            yield suggest(code, call, replaced(code, given[0], "-1"))
