"""Repairs of the states that a layer is given: where they were made, or where they are passed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from rnnscope.findings import Edit, Finding
from rnnscope.repair.code import Code, line_of
from rnnscope.repair.edits import (
    Suggestion,
    after,
    argument,
    before,
    keyword,
    removed,
    replaced,
    suffixed,
    suggest,
    without_argument,
)
from rnnscope.spans import calls, function_name

_NEW = ("new", "new_zeros", "new_ones", "new_empty", "new_full")
_FACTORIES = ("zeros", "ones", "randn", "rand", "empty", *_NEW)
_is_factory = calls(*_FACTORIES)


def layer_calls(finding: Finding, code: Code) -> list[ast.Call]:
    """The calls of layers at the finding's line; any call there where none is known."""
    line = line_of(finding)
    return code.layer_calls(line) or code.calls_at(line)[:1]


def states_of(call: ast.Call) -> ast.expr | None:
    """The states among the arguments of a layer's call."""
    named = [each.value for each in call.keywords if each.arg in ("hx", "h_0", "h0")]
    return named[0] if named else (call.args[1] if len(call.args) > 1 else None)


def given_states(finding: Finding, code: Code) -> Iterator[tuple[ast.Call, ast.expr]]:
    """Each call of a layer with the states that it is given."""
    for call in layer_calls(finding, code):
        states = states_of(call)
        if states is not None:
            yield call, states


def factories(code: Code, states: ast.expr) -> list[ast.Call]:
    """The calls such as ``torch.zeros`` that states come from, each part of a pair by itself."""
    found: list[ast.Call] = []
    for origin in code.origins(states):
        parts = origin.elts if isinstance(origin, (ast.Tuple, ast.List)) else [origin]
        for part in parts:
            inner = code.origins(part) if part is not origin else [part]
            found += [n for n in inner if isinstance(n, ast.Call) and _is_factory(n)]
    return list(dict.fromkeys(found))


def sizes(code: Code, factory: ast.Call) -> list[ast.expr]:
    """The sizes that a tensor is made with, also where they were kept in a tuple."""
    if len(factory.args) != 1:
        return [each for each in factory.args if not isinstance(each, ast.Starred)]
    shapes = [o for o in code.origins(factory.args[0]) if isinstance(o, (ast.Tuple, ast.List))]
    return list(shapes[0].elts) if shapes else []


def layers_first(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """States built batch first: the first two sizes change places where they are made."""
    for _, states in given_states(finding, code):
        edits: list[Edit] = []
        made = factories(code, states)
        for factory in made:
            shape = sizes(code, factory)
            if len(shape) == 3:
                edits.append(replaced(code, shape[0], code.text(shape[1])))
                edits.append(replaced(code, shape[1], code.text(shape[0])))
        if edits:
            yield suggest(code, made[0], *dict.fromkeys(edits))


def like_the_other(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """One of the two states with the sizes that the other one is made with."""
    named = ["h_0" in (finding.fix or ""), "c_0" in (finding.fix or "")]
    for _, states in given_states(finding, code) if named[0] is not named[1] else ():
        made = factories(code, states)
        shapes = [sizes(code, each) for each in made]
        if len(shapes) == 2 and len(shapes[0]) == len(shapes[1]):
            wrong = named.index(True)
            pairs = zip(shapes[wrong], shapes[1 - wrong], strict=True)
            differ = [(one, other) for one, other in pairs if code.text(one) != code.text(other)]
            edits = [replaced(code, one, code.text(other)) for one, other in differ]
            if edits:
                yield suggest(code, made[wrong], *edits)


def number_of_slots(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """As many slots as the layer has; or as many layers as the state is for."""
    wanted, got = finding.values.get("wanted", 0), finding.values.get("got", 0)
    for call, states in given_states(finding, code) if wanted and got else ():
        built = code.constructor(call.func)
        made = factories(code, states)
        firsts = [shape[0] for shape in (sizes(code, each) for each in made) if len(shape) == 3]
        if built is not None:
            yield from _depth_of_state(code, built, firsts)
        edits = [replaced(code, first, _slots(code, first, wanted, got)) for first in firsts]
        if edits:
            yield suggest(code, made[0], *dict.fromkeys(edits))
        if built is not None and not made:
            yield from _depth_of_layer(code, built, states)


def _depth_of_state(code: Code, built: ast.Call, firsts: list[ast.expr]) -> Iterator[Suggestion]:
    """A state made for ``n_layers``, given to a layer that was not told of them."""
    named = [f for f in firsts if isinstance(f, (ast.Name, ast.Attribute))]
    if named and "layer" in code.text(named[0]).lower() and argument(built, "num_layers") is None:
        name = code.text(named[0]).removeprefix("self.")
        yield suggest(code, built, keyword(code, built, "num_layers", name))


def _slots(code: Code, first: ast.expr, wanted: int, got: int) -> str:
    text = code.text(first)
    if isinstance(first, ast.Constant) or wanted % got:
        return str(wanted)
    return f"{text} * {wanted // got}" if not isinstance(first, ast.BinOp) else str(wanted)


def _depth_of_layer(code: Code, built: ast.Call, states: ast.expr) -> Iterator[Suggestion]:
    """The layer that the states come from, with as many layers as the one that gets them."""
    depth = argument(built, "num_layers")
    for origin in code.origins(states):
        parts = origin.elts if isinstance(origin, ast.Tuple) else [origin]
        for part in (further for each in parts for further in code.origins(each)):
            other = code.constructor(part.func) if isinstance(part, ast.Call) else None
            if other is not None and other is not built and depth is not None:
                text = code.text(depth)
                yield suggest(code, other, keyword(code, other, "num_layers", text))


def no_axis_too_many(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """A state without the ``unsqueeze`` that gave it one axis too many."""
    if "squeeze(0)" not in (finding.fix or "") or "unsqueeze" in (finding.fix or ""):
        return
    for _, states in given_states(finding, code):
        for origin in code.origins(states):
            if function_name(origin) == "unsqueeze" and isinstance(origin, ast.Call):
                inner = origin.func.value if isinstance(origin.func, ast.Attribute) else None
                if inner is not None:
                    yield suggest(code, origin, _without(code, origin, inner))


def _without(code: Code, call: ast.Call, inner: ast.expr) -> Edit:
    """The call's receiver alone; a statement that would then say nothing is left out."""
    statement = code.statement(call)
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if getattr(statement, "value", None) is call and [*map(code.text, targets)] == [
        code.text(inner)
    ]:
        return removed(code, statement)
    return replaced(code, call, code.text(inner))


def batch_of_input(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """States for as many samples as the input has, or no smaller last batch."""
    for call, states in given_states(finding, code):
        if not call.args or not isinstance(call.args[0], ast.Name):
            continue
        size = f"{call.args[0].id}.size({finding.values.get('axis', 0)})"
        made = [f for f in factories(code, states) if code.scope(f) is code.scope(call)]
        shapes = [shape for shape in (sizes(code, each) for each in made) if len(shape) == 3]
        if shapes:
            yield suggest(code, made[0], *{replaced(code, s[1], size) for s in shapes})
    for loader in code.calls("DataLoader") if finding.values.get("smaller") else ():
        if not any(option.arg == "drop_last" for option in loader.keywords):
            yield suggest(code, loader, keyword(code, loader, "drop_last", "True"))


def made_anew(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """Zeros made as the fix makes them, for a call that was given other zeros."""
    value = (finding.fix or "").rpartition(" = ")[2]
    for call, states in given_states(finding, code) if ".new_zeros(" in value else ():
        zeros = [function_name(each) in ("zeros", "new_zeros") for each in factories(code, states)]
        if zeros and all(zeros) and call.args and isinstance(call.args[0], ast.Name):
            text = re.sub(r"\binput\b", call.args[0].id, value)
            pair = f"({text}, {text})" if "c_0" in (finding.fix or "") else text
            yield suggest(code, states, replaced(code, states, pair))


def like_the_weights(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """States of the dtype, or on the device, of the layer that gets them."""
    option = "dtype" if "dtype" in finding.name else "device"
    for call, states in given_states(finding, code):
        made = factories(code, states)
        home = code.owner(call)
        layer = code.text(call.func)
        if made and home is not None and all(code.owner(each) is home for each in made):
            like = f"{layer}.weight_hh_l0.{option}"
        elif made and all(code.scope(each) is code.scope(call) for each in made):
            like = f"{code.text(call.args[0])}.{option}"
        else:
            continue
        yield suggest(code, made[0], *(keyword(code, each, option, like) for each in made))


def pair_of_states(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """Two states for an LSTM: a pair where its state is made, or zeros beside it in the call."""
    for _, states in given_states(finding, code):
        for factory in factories(code, states):
            outer = code.parent(factory)
            text = code.text(factory)
            if isinstance(outer, ast.Return):
                yield suggest(code, factory, replaced(code, factory, f"{text}, {text}"))
            elif isinstance(outer, ast.Assign) and isinstance(outer.targets[0], ast.Name):
                yield suggest(code, factory, replaced(code, factory, f"({text}, {text})"))
        text = code.text(states)
        if isinstance(states, (ast.Name, ast.Attribute)):
            pair = f"({text}, torch.zeros_like({text}))"
            yield suggest(code, states, replaced(code, states, pair))


def one_state(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """h alone, for a layer that has no c."""
    for _, states in given_states(finding, code):
        if isinstance(states, ast.Tuple):
            yield suggest(code, states, replaced(code, states, code.text(states.elts[0])))
        else:
            yield suggest(code, states, *suffixed(code, states, "[0]"))


def paired_arguments(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """``lstm(x, h, c)`` as ``lstm(x, (h, c))``."""
    for call in layer_calls(finding, code):
        if len(call.args) == 3:
            edits = before(code, call.args[1], "("), after(code, call.args[2], ")")
            yield suggest(code, call, *edits)


def no_states(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """A call that starts from zeros: without the states among its arguments."""
    for call, states in given_states(finding, code):
        named = [each for each in call.keywords if each.value is states]
        edit = without_argument(code, call, named[0] if named else states)
        yield suggest(code, call, edit)


def no_states_carried(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The same, where nothing of what is carried over goes on: else it is to be reset somewhere."""
    if re.search("without states|no state", finding.fix or ""):
        yield from no_states(finding, code)


def swapped_states(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """``(c, h)`` as ``(h, c)``."""
    for _, states in given_states(finding, code):
        if isinstance(states, ast.Tuple) and len(states.elts) == 2:
            h, c = states.elts
            edits = replaced(code, h, code.text(c)), replaced(code, c, code.text(h))
            yield suggest(code, states, *edits)


def zeros_for_random(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """States that start from zeros wherever the statement draws them at random."""
    drawn = code.calls_at(line_of(finding), "randn", "rand", "normal")
    whole = code.statement(drawn[0]) if drawn else None
    found = [n for n in ast.walk(whole) if isinstance(n, ast.Call)] if whole else []
    functions = [n.func for n in found if function_name(n) in ("randn", "rand")]
    if functions:
        texts = [code.text(f).rpartition(".")[0] for f in functions]
        edits = [
            replaced(code, f, f"{t}.zeros" if t else "zeros")
            for f, t in zip(functions, texts, strict=True)
        ]
        yield suggest(code, drawn[0], *edits)
