"""Repairs of the call that builds a layer: its options."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from rnnscope.cells import KINDS
from rnnscope.findings import Edit, Finding
from rnnscope.repair.code import Code, code_of, line_of
from rnnscope.repair.edits import (
    Suggestion,
    after,
    argument,
    before,
    keyword,
    replaced,
    suggest,
    without_argument,
)
from rnnscope.repair.states import given_states
from rnnscope.spans import function_name


def constructions(finding: Finding) -> Iterator[tuple[Code, ast.Call]]:
    """The calls that build the layers which a finding is about: at its lines, or called there."""
    seen: list[ast.Call] = []
    places = [finding.location, *(related.location for related in finding.related)]
    for place in places:
        code = code_of(place.file) if place else None
        if code is None or place is None:
            continue
        here = [call for call in code.calls_at(place.line) if call.lineno == place.line]
        here = [call for call in here if function_name(call) in KINDS or _is_built_by_name(call)]
        called = [code.constructor(call.func) for call in code.calls_at(place.line)]
        for call in (*here, *called):
            if call is not None and call not in seen:
                seen.append(call)
                yield code, call


def options_of(call: ast.Call) -> tuple[str, ...]:
    """The options of the layer that is built, in their order; all of an LSTM's where it is open."""
    return KINDS.get(function_name(call), KINDS["LSTM"]).options


def _is_built_by_name(call: ast.Call) -> bool:
    """True for ``cell(8, 16, num_layers=n)``: a class that was put into a variable."""
    names = {option.arg for option in call.keywords}
    return bool(names & {"num_layers", "batch_first", "bidirectional"})


def batch_first(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The other layout for the layer, as an option of its constructor."""
    for home, call in constructions(finding):
        given = argument(call, "batch_first")
        if function_name(call).endswith("Cell"):
            continue
        if given is None or isinstance(given, ast.Constant):
            wanted = str(not (isinstance(given, ast.Constant) and given.value))
            yield suggest(home, call, keyword(home, call, "batch_first", wanted))


def layout_of_others(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The one layer of a file that is not batch first, where all others are; and the reverse."""
    every = [c for c in code.calls(*KINDS) if not function_name(c).endswith("Cell")]
    first = [c for c in every if "batch_first=True" in code.text(c)]
    rest = [c for c in every if c not in first]
    for odd, wanted in ((rest, "True"), (first, "False")):
        if len(odd) == 1 < len(every):
            yield suggest(code, odd[0], keyword(code, odd[0], "batch_first", wanted))


def one_direction(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """A layer that reads forward only."""
    for home, call in constructions(finding):
        for option in call.keywords:
            if option.arg == "bidirectional":
                yield suggest(home, call, without_argument(home, call, option))


def by_name(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """Positional arguments by the names that they have: ``batch_first`` as ``batch_first=...``."""
    wanted = _keywords(f"f({finding.fix})")
    for home, call in constructions(finding):
        given = [each for each in call.args if home.text(each) in wanted.values()]
        names = {text: name for name, text in wanted.items()}
        if given and call.args[-len(given) :] == given:
            edits = [before(home, each, f"{names[home.text(each)]}=") for each in given]
            yield suggest(home, call, *edits)


def _keywords(text: str) -> dict[str, str]:
    """The keywords of a call in a fix; none where it is no code."""
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return {}
    options = node.keywords if isinstance(node, ast.Call) else []
    return {each.arg: ast.unparse(each.value) for each in options if each.arg}


def option_of_fix(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The options that the fix names, given to the constructor: ``dropout=0.5``."""
    wanted = dict(re.findall(r"\b(\w+)=([\w.]*\w|'\w+'|\.{3})", finding.fix or ""))
    for home, call in constructions(finding):
        options = options_of(call)
        for name, text in wanted.items():
            if name in options:
                yield suggest(home, call, _option(home, call, name, text))


def _option(code: Code, call: ast.Call, name: str, text: str) -> Edit:
    """An option with this value: named where it stood as the last argument, else set."""
    if call.args and text in (code.text(call.args[-1]), "..."):
        return before(code, call.args[-1], f"{name}=")
    given = argument(call, name)
    if given is None or isinstance(given, ast.Constant):
        return keyword(code, call, name, text)
    return replaced(
        code, given, f"{'bool' if text in ('True', 'False') else 'int'}({code.text(given)})"
    )


def no_dropout(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """A layer without the dropout that does nothing in it."""
    for home, call in constructions(finding):
        for option in call.keywords:
            if option.arg == "dropout":
                yield suggest(home, call, without_argument(home, call, option))


def known_option(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """An option under the name that the layer knows it by."""
    words = re.findall(r"\w+", finding.fix or "")
    for home, call in constructions(finding):
        options = options_of(call)
        meant = [word for word in words if word in options]
        for given in call.keywords:
            if meant and given.arg and given.arg not in options:
                text = f"{meant[0]}={home.text(given.value)}"
                yield suggest(home, call, replaced(home, given, text))


def at_least_one(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """A number of layers that counts the first one, too."""
    for home, call in constructions(finding):
        given = argument(call, "num_layers")
        if given is not None:
            text = "1" if isinstance(given, ast.Constant) else f"max(1, {home.text(given)})"
            yield suggest(home, call, replaced(home, given, text))


def other_layout(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The other layout, where the fix asks for it among other things."""
    if "batch_first" in (finding.fix or ""):
        yield from batch_first(finding, code)


def whole_size(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """A size that came from a true division: ``//`` where it was divided, or ``int``."""
    for home, call in constructions(finding):
        given = argument(call, finding.values.get("option", ""))
        for node in home.ancestors(given) if given is not None else ():
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                text = f"{home.text(node.left)} // {home.text(node.right)}"
                yield suggest(home, node, replaced(home, node, text))
        if given is not None:
            yield suggest(home, given, before(home, given, "int("), after(home, given, ")"))


def wrapped_in_container(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """``nn.ModuleList`` around a plain list of layers, ``nn.ModuleDict`` around a dict."""
    containers = {ast.List: "List", ast.ListComp: "List", ast.Dict: "Dict", ast.DictComp: "Dict"}
    for home, call in constructions(finding):
        for node in home.around(call):
            kind = containers.get(type(node))
            if kind and isinstance(node, ast.expr):
                prefix = home.text(call.func).rpartition(".")[0]
                name = f"{prefix}.Module{kind}" if prefix else f"nn.Module{kind}"
                yield suggest(home, call, before(home, node, f"{name}("), after(home, node, ")"))
                return


def input_size(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The size that the data has: where the number was written, or in the constructor."""
    wanted, got = finding.values.get("wanted", 0), finding.values.get("got", 0)
    for home, call in constructions(finding) if got else ():
        given = argument(call, "input_size")
        if given is None:
            continue
        # A number with a name of its own says what the data has; an argument may serve others, too.
        numbers = [o for o in home.origins(given) if isinstance(o, ast.Constant) and o is not given]
        numbers = [o for o in numbers if o.value == wanted]
        for number in numbers:
            if isinstance(home.parent(number), ast.Assign):
                yield suggest(home, number, replaced(home, number, str(got)))
        yield suggest(home, call, replaced(home, given, str(got)))
        for number in numbers:
            yield suggest(home, number, replaced(home, number, str(got)))


def both_directions(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The first size of the layer behind a recurrent one: twice as wide, or what the data has."""
    wanted, got = finding.values.get("wanted", 0), finding.values.get("got", 0)
    for call in code.calls_at(line_of(finding)) if wanted and got else ():
        built = code.constructor(call.func, "Linear", "LayerNorm", "Bilinear", *KINDS)
        given = _first(built)
        if built is None or given is None:
            continue
        text = code.text(given)
        simple = isinstance(given, (ast.Name, ast.Attribute, ast.Call))
        if got == 2 * wanted and not isinstance(given, ast.Constant):
            double = f"2 * {text}" if simple else f"2 * ({text})"
            yield suggest(code, built, replaced(code, given, double))
        yield suggest(code, built, replaced(code, given, str(got)))


def width_of_state(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """A Linear on the way of a state, as wide as the layer that gets it."""
    wanted, got = finding.values.get("wanted", 0), finding.values.get("got", 0)
    for call, states in given_states(finding, code) if wanted and got else ():
        layer = code.constructor(call.func)
        passed = [n for n in code.ancestors(states) if isinstance(n, ast.Call)]
        built = [code.constructor(n.func, "Linear") for n in passed]
        for linear in dict.fromkeys(each for each in built if each is not None):
            width = argument(layer, "hidden_size") if layer is not None else None
            near = width is not None and code.scope(layer or linear) is code.scope(linear)
            text = code.text(width) if width is not None and near else str(wanted)
            if len(linear.args) > 1:
                yield suggest(code, linear, replaced(code, linear.args[1], text))


def _first(call: ast.Call | None) -> ast.expr | None:
    if call is None:
        return None
    named = [k.value for k in call.keywords if k.arg in ("in_features", "input_size")]
    return named[0] if named else (call.args[0] if call.args else None)


def options_of_checkpoint(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The model built with the sizes of the checkpoint, or as the layer of which it is."""
    for call in code.calls_at(line_of(finding), "load_state_dict"):
        receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
        built = [o for o in code.origins(receiver) if _is_built(o)] if receiver else []
        for model in built:
            if isinstance(model, ast.Call):
                yield from _rebuilt(finding, code, model)


def _is_built(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and function_name(node)[:1].isupper()


def _rebuilt(finding: Finding, code: Code, model: ast.Call) -> Iterator[Suggestion]:
    sizes = finding.values
    for init in code.functions("__init__"):
        owner = code.owner(init)
        if owner is None or owner.name != function_name(model):
            continue
        defaults = dict(
            zip([a.arg for a in init.args.args][::-1], init.args.defaults[::-1], strict=False)
        )
        for name, default in defaults.items():
            old = default.value if isinstance(default, ast.Constant) else None
            if old is not None and old == sizes.get("wanted"):
                yield suggest(code, model, keyword(code, model, name, str(sizes["got"])))
            elif isinstance(old, str) and old in KINDS and sizes.get("kind"):
                yield suggest(code, model, keyword(code, model, name, repr(sizes["kind"])))
