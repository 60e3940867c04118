"""Repairs of the meeting of predictions and targets in a loss."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rnnscope.findings import Finding
from rnnscope.repair.code import Code, line_of
from rnnscope.repair.constructors import constructions
from rnnscope.repair.edits import (
    Suggestion,
    keyword,
    replaced,
    suffixed,
    suggest,
)
from rnnscope.spans import function_name

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
