"""Repairs of axes that change places: transpose where view or reshape was written."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rnnscope.findings import Edit, Finding
from rnnscope.repair.code import Code, line_of
from rnnscope.repair.edits import Suggestion, after, behind, replaced, suffixed, suggest
from rnnscope.spans import function_name, located

_VIEWS = ("view", "reshape", "contiguous", "flatten", "resize_")


def _views(finding: Finding, code: Code) -> Iterator[tuple[ast.Call, ast.Attribute]]:
    """The calls of view and its like at the line."""
    for call in code.calls_at(line_of(finding), "view", "reshape", "flatten"):
        if isinstance(call.func, ast.Attribute) and code.text(call.func.value) != "torch":
            yield call, call.func


def batch_to_the_front(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """A transpose instead of a view that swaps sizes, or in front of one that joins axes."""
    old, new = finding.values.get("before", ()), finding.values.get("after", ())
    batch = finding.values.get("batch", 1)
    for call, function in _views(finding, code):
        turned = _swap(old, new)
        if turned is not None:
            yield suggest(code, call, behind(code, function.value, call, f".transpose({turned})"))
        elif batch:
            yield suggest(code, call, *_before(code, function, f".transpose(0, {batch})"))
        elif len(new) == 3 and new[1] == old[0]:
            yield from _samples_second(code, call)


def repeated_rows(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """``x.repeat(steps, 1).view(batch, steps, size)`` as each row repeated over the steps."""
    for call, function in _views(finding, code):
        inner = function.value
        if not isinstance(inner, ast.Call) or function_name(inner) != "repeat":
            continue
        sizes = [code.text(each) for each in inner.args]
        wanted = [code.text(each) for each in call.args]
        if isinstance(inner.func, ast.Attribute) and len(sizes) == 2 and len(wanted) == 3:
            text = f".unsqueeze(1).repeat(1, {sizes[0]}, {sizes[1]})"
            yield suggest(code, call, behind(code, inner.func.value, call, text))


def steps_kept(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """``x.view(batch, -1)`` that joined steps and features, with the features apart."""
    place, wanted = finding.values.get("flattened"), finding.values.get("wanted")
    for call in code.calls_at(place.line, "view", "reshape") if place else ():
        if len(call.args) == 2 and code.text(call.args[1]) == "-1":
            yield suggest(code, call, after(code, call.args[1], f", {wanted}"))


def _samples_second(code: Code, call: ast.Call) -> Iterator[Suggestion]:
    """Rows of samples as states: cut sample by sample, and then the samples moved to axis 1."""
    sizes = [code.text(each) for each in call.args]
    if len(sizes) == 1:
        sizes = [f"{sizes[0]}[{axis}]" for axis in range(3)]
    one, other, last = sizes if len(sizes) == 3 else ("", "", "")
    if last:
        text = f"({other}, {one}, {last}).transpose(0, 1).contiguous()"
        yield suggest(code, call, behind(code, call.func, call, text))


def _swap(old: tuple[int, ...], new: tuple[int, ...]) -> str | None:
    """The two axes that change places, where one shape is the other with two axes swapped."""
    differ = [axis for axis, (a, b) in enumerate(zip(old, new, strict=False)) if a != b]
    if len(old) != len(new) or len(differ) != 2:
        return None
    one, other = differ
    same = old[one] == new[other] and old[other] == new[one]
    return f"{one}, {other}" if same else None


def _before(code: Code, function: ast.Attribute, turn: str) -> list[Edit]:
    """``x.view(`` as ``x.transpose(0, 1).reshape(``: view cannot join axes that were moved."""
    edits = [after(code, function.value, turn)]
    if function.attr == "view":
        edits.append(_renamed(code, function, "reshape"))
    return edits


def _renamed(code: Code, function: ast.Attribute, name: str) -> Edit:
    place = located(function, code.file)
    line, end = place.end_line or place.line, place.end_column or 1
    return Edit(code.file, line, end - len(function.attr), line, end, name)


def classes_last(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The last two axes swapped in front of a view that took them in the other order."""
    old, new = finding.values.get("before", ()), finding.values.get("after", ())
    for call, function in _views(finding, code):
        turned = _swap(old, new)
        if turned is not None:
            yield suggest(code, call, behind(code, function.value, call, f".transpose({turned})"))
        else:
            turn = ".transpose(0, 1)" if len(old) == 2 else ".transpose(1, 2)"
            yield suggest(code, call, *_before(code, function, turn))


def slots_in_order(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """Layers before directions, and directions before units, where one of them is picked."""
    one, other = (0, 1) if finding.code == "RNN407" else (2, 3)
    for call, _ in _views(finding, code):
        picked = code.parent(call)
        if len(call.args) != 4 or not isinstance(picked, ast.Subscript):
            continue
        first, second = call.args[one], call.args[other]
        index = code.text(picked.slice).strip("()")
        if index.startswith(":"):
            continue
        yield suggest(
            code,
            call,
            replaced(code, first, code.text(second)),
            replaced(code, second, code.text(first)),
            replaced(code, picked.slice, f":, {index}" if one == 0 else f"{index}, :"),
        )


def layers_before_directions(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """``h_n.view(directions, layers, ...)[:, -1]`` as ``h_n.view(layers, directions, ...)[-1]``."""
    for node in code.at(line_of(finding)):
        if not isinstance(node, ast.Subscript) or code.text(node.slice).strip("()") != ":, -1":
            continue
        for origin in code.origins(node.value):
            if function_name(origin) in ("view", "reshape") and isinstance(origin, ast.Call):
                sizes = origin.args
                if len(sizes) == 4:
                    yield suggest(
                        code,
                        node,
                        replaced(code, sizes[0], code.text(sizes[1])),
                        replaced(code, sizes[1], code.text(sizes[0])),
                        replaced(code, node.slice, "-1"),
                    )


def outer_axes(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """``x.T`` of more than two axes as what was meant by it."""
    for node in code.at(line_of(finding)):
        if isinstance(node, ast.Attribute) and node.attr == "T":
            for turned in ("transpose(0, 1)", "mT"):
                yield suggest(code, node, replaced(code, node, f"{code.text(node.value)}.{turned}"))


def product_of_steps(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """``bmm`` with the features of both operands where they meet."""
    for call in code.calls_at(line_of(finding), "bmm", "matmul"):
        if len(call.args) == 2:
            query, keys = call.args
            yield suggest(code, call, *suffixed(code, keys, ".transpose(1, 2)"))
            yield suggest(code, call, *suffixed(code, query, ".unsqueeze(1)"))


def reshape(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """``reshape``, which copies where view cannot."""
    for call, function in _views(finding, code):
        if function.attr == "view":
            yield suggest(code, call, _renamed(code, function, "reshape"))


def other_permutation(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The steps where the layer steps, the features last: these two change places."""
    for call in code.calls_at(line_of(finding), "permute"):
        order = [node for node in call.args if isinstance(node, ast.Constant)]
        if len(order) == 3:
            for one, other in ((0, 2), (1, 2)):
                first, last = order[one], order[other]
                edits = (
                    replaced(code, first, code.text(last)),
                    replaced(code, last, code.text(first)),
                )
                yield suggest(code, call, *edits)


def back_to_batch_first(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """Scores and targets in one order: the scores with their first two axes swapped."""
    for call, function in _views(finding, code):
        text = code.text(function.value)
        if function_name(call) in _VIEWS and "target" not in text:
            turned = f"{text}.transpose(0, 1).reshape"
            yield suggest(code, call, replaced(code, function, turned))
