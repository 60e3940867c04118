"""Repairs of what reads padding: sequences packed, masks that leave it out, padding at the end."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rnnscope.findings import Finding
from rnnscope.repair.code import Code, line_of
from rnnscope.repair.edits import (
    Suggestion,
    before,
    behind,
    keyword,
    line_after,
    replaced,
    suggest,
)
from rnnscope.repair.reading import lengths_in
from rnnscope.spans import function_name

_INFINITE = 'float("-inf")'


def infinite_mask(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """Scores of padding filled with minus infinity: no other number is 0 behind a softmax."""
    places = [line_of(finding), *(related.location.line for related in finding.related)]
    here = [call for line in places for call in code.calls_at(line, "masked_fill", "masked_fill_")]
    for call in dict.fromkeys([*here, *code.calls("masked_fill", "masked_fill_")]):
        given = [option.value for option in call.keywords if option.arg == "value"] + call.args[1:]
        if given and "inf" not in code.text(given[-1]):
            yield suggest(code, call, replaced(code, given[-1], _INFINITE))


def packed_call(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """A layer's input packed, and its output padded again, where lengths have a name."""
    for call in code.layer_calls(line_of(finding)):
        built = code.constructor(call.func)
        statement = code.statement(call)
        if built is None or not call.args or not isinstance(statement, ast.Assign):
            continue
        yield from _packed_already(code, call)
        first = ", batch_first=True" if "batch_first=True" in code.text(built) else ""
        pack, unpack = (_function(code, name) for name in ("pack_padded", "pad_packed"))
        target = statement.targets[0]
        output = target.elts[0] if isinstance(target, ast.Tuple) else target
        for lengths in lengths_in(code.scope(call)):
            given = f"{code.text(call.args[0])}, {lengths}{first}, enforce_sorted=False"
            edits = [replaced(code, call.args[0], f"{pack}({given})")]
            name = code.text(output)
            if not name.startswith("_"):
                text = f"{name}, _ = {unpack}({name}{first})"
                edits.append(line_after(code, statement, text))
            yield suggest(code, call, *edits)


def _packed_already(code: Code, call: ast.Call) -> Iterator[Suggestion]:
    """What was packed of this input, and then forgotten."""
    for target, made in code.assigned(code.scope(call)):
        given = made.args if isinstance(made, ast.Call) else []
        packed = function_name(made) == "pack_padded_sequence" and given
        if packed and code.text(given[0]) == code.text(call.args[0]):
            yield suggest(code, call, replaced(code, call.args[0], code.text(target)))


def _function(code: Code, name: str) -> str:
    """How the file says ``pack_padded_sequence``: as it was imported, or in full."""
    name = f"{name}_sequence"
    used = [code.text(call.func) for call in code.calls(name)]
    if used or code.imports(name):
        return used[0] if used else name
    return (
        f"nn.utils.rnn.{name}"
        if code.imports("nn") or code.imports("torch.nn")
        else (f"torch.nn.utils.rnn.{name}")
    )


def own_lengths(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """Lengths in the order of the data: not sorted by themselves, and packed in any order."""
    packed = code.calls_at(line_of(finding), "pack_padded_sequence")
    for made in code.calls("sorted", "sort"):
        statement = code.statement(made)
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if not any("len" in code.text(target).lower() for target in targets):
            continue
        plain = _unsorted(made)
        if plain is not None:
            whole = code.parent(made)
            node = whole if isinstance(whole, ast.Subscript) else made
            edits = [keyword(code, call, "enforce_sorted", "False") for call in packed]
            yield suggest(code, made, replaced(code, node, code.text(plain)), *edits)


def last_step_counted(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """Lengths without the ``- 1`` that makes them indices."""
    for call in code.calls_at(line_of(finding)):
        for given in call.args[1:]:
            for node in code.ancestors(given):
                if isinstance(node, ast.BinOp) and code.text(node).endswith(" - 1"):
                    yield suggest(code, node, replaced(code, node, code.text(node.left)))


def _unsorted(call: ast.Call) -> ast.expr | None:
    if function_name(call) == "sorted" or not isinstance(call.func, ast.Attribute):
        return call.args[0] if call.args else None
    return call.func.value


def flipped_before(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """Sequences reversed one by one, and padded then: padding stays behind them."""
    for call in code.calls("flip"):
        padded = call.func.value if isinstance(call.func, ast.Attribute) else None
        if not isinstance(padded, ast.Call) or function_name(padded) != "pad_sequence":
            continue
        text = f"[each.flip(0) for each in {code.text(padded.args[0])}]"
        edits = replaced(code, padded.args[0], text), behind(code, padded, call, "")
        yield suggest(code, call, *edits)


def same_rows(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """What came with the rows that were reordered, in the same order: ``y = y[perm]``."""
    places = [line_of(finding), *(related.location.line for related in finding.related)]
    for node in (node for line in places for node in code.at(line)):
        statement = code.statement(node)
        if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Name):
            continue
        if not isinstance(node.value, ast.Name) or not isinstance(statement, ast.Assign):
            continue
        for other in _beside(code, node.value, node.slice.id):
            text = f"{other} = {other}[{node.slice.id}]"
            yield suggest(code, node, line_after(code, statement, text))


def _beside(code: Code, name: ast.Name, order: str) -> list[str]:
    """The names that were assigned with this one, the last first, and not yet reordered."""
    scope = code.scope(name)
    tuples = [
        n for n in ast.walk(scope) if isinstance(n, ast.Tuple) and isinstance(n.ctx, ast.Store)
    ]
    names = [[code.text(part) for part in n.elts] for n in tuples if n.lineno < name.lineno]
    together = next((each for each in names if name.id in each and order not in each), [])
    picked = [n for n in ast.walk(scope) if isinstance(n, ast.Subscript)]
    done = {code.text(n.value) for n in picked if code.text(n.slice) == order}
    sorted_ = {
        code.text(part) for n in tuples if order in map(code.text, n.elts) for part in n.elts
    }
    return [n for n in reversed(together) if n != name.id and n not in done | sorted_]


def used_result(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """A result that nobody read, in place of what it was made of."""
    for node in code.at(line_of(finding)):
        statement = code.statement(node)
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        if not isinstance(node, ast.Call):
            continue
        receiver = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        for given in (*node.args[:1], *receiver):
            if isinstance(statement, ast.Expr) and isinstance(given, ast.Name):
                yield suggest(code, node, before(code, node, f"{given.id} = "))
            if not isinstance(target, ast.Name):
                continue
            yield from (_instead(code, used, target.id) for used in _later(code, given, statement))


def _instead(code: Code, used: ast.Name, name: str) -> Suggestion:
    return suggest(code, used, replaced(code, used, name))


def _later(code: Code, given: ast.expr, statement: ast.stmt) -> list[ast.Name]:
    """Where a name is read behind a statement of the same function."""
    name = given.id if isinstance(given, ast.Name) else ""
    every = [n for n in ast.walk(code.scope(given)) if isinstance(n, ast.Name) and n.id == name]
    read = [n for n in every if isinstance(n.ctx, ast.Load)]
    return [n for n in read if n.lineno > (statement.end_lineno or statement.lineno)]
