"""Repairs that turn what a call is given: the general code of a fix, in the names of the user."""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Iterator

from rnnscope.findings import Edit, Finding
from rnnscope.repair.code import Code, line_of
from rnnscope.repair.edits import (
    Suggestion,
    above,
    after,
    behind,
    keyword,
    replaced,
    suffixed,
    suggest,
)
from rnnscope.repair.making import foreign_numbers
from rnnscope.repair.states import given_states, layer_calls, states_of
from rnnscope.spans import CONSTRUCTOR, function_name

_DTYPES = {".float()": "float32", ".double()": "float64"}
_SHORT = {".to(torch.float32)": ".float()", ".to(torch.float64)": ".double()"}


def suffix_of(fix: str | None) -> tuple[str, str]:
    """``input = input.transpose(1, 2)`` as ("input", ".transpose(1, 2)"); else nothing."""
    try:
        node = ast.parse(fix or "").body[0]
    except (SyntaxError, IndexError):
        return "", ""
    if not isinstance(node, ast.Assign):
        return "", ""
    value = node.value.elts[0] if isinstance(node.value, ast.Tuple) else node.value
    target = node.targets[0]
    name = ast.unparse(target.elts[0] if isinstance(target, ast.Tuple) else target)
    text = ast.unparse(value)
    return (name, text.removeprefix(name)) if text.startswith(f"{name}.") else ("", "")


def made_as_floats(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """Numbers of another dtype as the layer's, where they become a tensor."""
    name, suffix = suffix_of(finding.fix)
    suffix = _SHORT.get(suffix, suffix)
    given = [call.args[0] for call in layer_calls(finding, code) if call.args]
    if name != "input":
        given = [states for _, states in given_states(finding, code)]
    for value in given if suffix else ():
        for made in foreign_numbers(code, value):
            told = [option for option in made.keywords if option.arg == "dtype"]
            edits = suffixed(code, made, suffix)
            drawn = function_name(made) in ("rand", "randn", "normal")  # other numbers, otherwise
            if told and suffix in _SHORT.values() and not drawn:
                edits = (replaced(code, told[0].value, f"torch.{_DTYPES[suffix]}"),)
            yield suggest(code, made, *edits)


def _taken_back(code: Code, node: ast.expr, suffix: str) -> Edit | None:
    """``x.unsqueeze(0)`` as ``x``, where ``.squeeze(0)`` is what would repair it."""
    function = node.func if isinstance(node, ast.Call) else None
    turned = function.value if isinstance(function, ast.Attribute) else None
    if turned is None or _undone(suffix) != code.text(node).removeprefix(code.text(turned)):
        return None
    return behind(code, turned, node, "")


def _undone(suffix: str) -> str:
    """What takes a turn back: a transpose itself, and each of squeeze and unsqueeze the other."""
    name, _, rest = suffix.removesuffix(".contiguous()").partition("(")
    other = {".squeeze": ".unsqueeze", ".unsqueeze": ".squeeze", ".transpose": name}.get(name)
    return f"{other}({rest}"


def turned_input(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The layer's input with what the fix appends to it."""
    name, suffix = suffix_of(finding.fix)
    for call in layer_calls(finding, code) if name == "input" else ():
        if call.args:
            short = _SHORT.get(suffix, suffix)
            yield suggest(code, call, *suffixed(code, call.args[0], short))


def turned_states(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The layer's states with what the fix appends to them: to each part of a pair."""
    name, suffix = suffix_of(finding.fix)
    for call, states in given_states(finding, code) if name[:2] in ("h_", "c_") else ():
        given = code.text(call.args[0]) if call.args else "input"
        suffix = re.sub(r"\binput\b", given.replace("\\", r"\\"), suffix)
        origins = [o for o in code.origins(states) if not isinstance(o, ast.Tuple)]
        for origin in _parts_of(code, states, finding) or origins:
            back = [_taken_back(code, each, suffix) for each in code.origins(origin)]
            yield from (suggest(code, origin, edit) for edit in back if edit is not None)
        parts = _parts_of(code, states, finding)
        if parts:
            edits = [edit for part in parts for edit in _again(code, part, suffix)]
            yield suggest(code, parts[0], *edits)
        elif _is_pair(finding):
            text = f"tuple(part{suffix} for part in {code.text(states)})"
            yield suggest(code, states, replaced(code, states, text))
        else:
            yield suggest(code, states, *suffixed(code, states, suffix))


def _parts_of(code: Code, states: ast.expr, finding: Finding) -> list[ast.expr]:
    """Of a pair that was written out the parts that the fix names; of all else nothing."""
    written = [o for o in code.origins(states) if isinstance(o, ast.Tuple)]
    names = [name for name in ("h_0", "c_0") if name in (finding.fix or "")]
    if not written or len(written[0].elts) != 2:
        return []
    return [
        part for part, name in zip(written[0].elts, ("h_0", "c_0"), strict=True) if name in names
    ]


def _again(code: Code, part: ast.expr, suffix: str) -> Iterator[Edit]:
    """A part with the suffix; ``.contiguous()`` needs not be said twice."""
    if function_name(part) == "contiguous":
        yield replaced(code, part, code.text(part).removesuffix(".contiguous()") + suffix)
    else:
        yield from suffixed(code, part, suffix)


def _is_pair(finding: Finding) -> bool:
    return "c_0" in (finding.fix or "")


def turned_value(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """What is made at the line, with what the fix appends to it."""
    _, suffix = suffix_of(finding.fix)
    for node in code.at(line_of(finding)) if suffix else ():
        if getattr(code.parent(node), "value", None) is node and isinstance(
            code.parent(node), (ast.Assign, ast.AnnAssign, ast.Return)
        ):
            yield suggest(code, node, *suffixed(code, node, suffix))
            return


def around_the_call(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """``norm(x)`` as ``norm(x.transpose(1, 2)).transpose(1, 2)``."""
    turn = ".transpose(1, 2)"
    for call in code.calls_at(line_of(finding)):
        if len(call.args) == 1 and not call.keywords:
            edits = *suffixed(code, call.args[0], turn), after(code, call, turn)
            yield suggest(code, call, *edits)


def one_step(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """One step of a batch: an axis of time for the layer, taken off its output again."""
    for call in layer_calls(finding, code):
        built = code.constructor(call.func)
        first = built is not None and "batch_first=True" in code.text(built)
        axis = 1 if first else 0
        statement = code.statement(call)
        if not isinstance(statement, ast.Assign) or not call.args:
            continue
        target = statement.targets[0]
        output = target.elts[0] if isinstance(target, ast.Tuple) else None
        if not isinstance(output, ast.Name):
            continue
        yield suggest(
            code,
            call,
            *suffixed(code, call.args[0], f".unsqueeze({axis})"),
            *_squeezed(code, statement, output.id, axis),
        )


def _squeezed(code: Code, statement: ast.stmt, name: str, axis: int) -> Iterator[Edit]:
    """The first use of a name behind a statement, without the axis that was added."""
    uses = [
        node
        for node in ast.walk(code.scope(statement))
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
    ]
    behind = [node for node in uses if node.lineno > (statement.end_lineno or 0)]
    yield from (after(code, node, f".squeeze({axis})") for node in behind)


def tensor_of_tuple(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The tensor of a result that is a tuple: taken where it is returned, or where it is used."""
    for node in code.at(line_of(finding)):
        for used in _used_as_tensor(node):
            for origin in code.origins(used):
                if isinstance(origin, ast.Call) and _returns_tuple(code, origin):
                    yield from _taken(code, origin)


def _used_as_tensor(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.Call):
        receiver = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        return [*node.args[:1], *receiver]
    return [node.value] if isinstance(node, ast.Subscript) else []


def _returns_tuple(code: Code, call: ast.Call) -> bool:
    unpacks = code.text(call.func).endswith("pad_packed_sequence")
    return unpacks or code.constructor(call.func) is not None


def _taken(code: Code, call: ast.Call) -> Iterator[Suggestion]:
    outer = code.parent(call)
    if isinstance(outer, ast.Assign) and isinstance(outer.targets[0], ast.Name):
        states = states_of(call) if code.constructor(call.func) is not None else None
        if states is not None and not any(isinstance(n, ast.Call) for n in ast.walk(states)):
            yield suggest(code, call, after(code, outer.targets[0], f", {code.text(states)}"))
        yield suggest(code, call, after(code, outer.targets[0], ", _"))
    elif not isinstance(outer, (ast.Assign, ast.Subscript)):
        yield suggest(code, call, after(code, call, "[0]"))


_TAKE_OUTPUT = '''class TakeOutput({module}):
    """The output of a recurrent layer, without its states."""

    def forward(self, result):
        return result[0]


'''


def output_of_sequence(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """In ``nn.Sequential`` a module behind the layer, which hands its output on alone."""
    for call in filter(CONSTRUCTOR, code.at(line_of(finding))):
        outer = code.parent(call)
        if isinstance(outer, ast.Call) and function_name(outer) == "Sequential":
            module = code.text(outer.func).replace("Sequential", "Module")
            before_it = linecache.getline(code.file, call.lineno)[: call.col_offset]
            gap = f"\n{before_it}" if before_it.isspace() else " "
            edits = [after(code, call, f",{gap}TakeOutput()")]
            if "TakeOutput" not in [n.name for n in code.nodes if isinstance(n, ast.ClassDef)]:
                edits.append(above(code, call, _TAKE_OUTPUT.format(module=module)))
            yield suggest(code, call, *edits)


def each_of_pair(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """``state.detach()`` as ``tuple(part.detach() for part in state)``."""
    for call in code.calls_at(line_of(finding)):
        function = call.func
        if isinstance(function, ast.Attribute) and isinstance(
            function.value, (ast.Name, ast.Attribute)
        ):
            rest = code.text(call).removeprefix(code.text(function.value))
            text = f"tuple(part{rest} for part in {code.text(function.value)})"
            yield suggest(code, call, replaced(code, call, text))


def axis_of_steps(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """Another ``dim`` for what runs along the axis of the samples."""
    yield from _along(finding, code, ("1", "0", "-1"))


def axis_of_fix(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The ``dim`` that the finding asks for."""
    yield from _along(finding, code, tuple(re.findall(r"dim=(-?\d)", finding.fix or "")))


def _along(finding: Finding, code: Code, axes: tuple[str, ...]) -> Iterator[Suggestion]:
    for call in code.calls_at(line_of(finding)):
        named = [k.value for k in call.keywords if k.arg in ("dim", "axis")]
        for given in named or (call.args[1:2] or call.args[:1]):
            axis = code.text(given)
            for other in axes if re.fullmatch(r"-?\d", axis) else ():
                if other != axis:
                    yield suggest(code, call, replaced(code, given, other))


def implicit_axis(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The ``dim`` that was left out."""
    for call in code.calls_at(line_of(finding), "softmax", "log_softmax", "softmin"):
        for axis in ("-1", "1"):
            yield suggest(code, call, keyword(code, call, "dim", axis))


def other_axis(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """Another ``dim`` for what joins or reduces anywhere in the file, the likeliest first."""
    for call in code.calls("stack", "cat", "sum", "mean", "max"):
        place = int(code.text(call.func).startswith("torch."))
        named = [k.value for k in call.keywords if k.arg == "dim"]
        for given in named or call.args[place : place + 1]:
            for axis in ("1", "0", "-1") if re.fullmatch(r"-?\d", code.text(given)) else ():
                yield suggest(code, call, replaced(code, given, axis))
