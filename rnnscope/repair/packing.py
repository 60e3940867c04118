"""Repairs of packing and padding: the options of the functions that do it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from rnnscope.findings import Finding
from rnnscope.repair.code import Code, line_of
from rnnscope.repair.edits import Suggestion, keyword, replaced, suffixed, suggest, without_argument
from rnnscope.spans import function_name

_PACKING = ("pack_padded_sequence", "pad_packed_sequence", "pad_sequence", "pack_sequence")


def _packings(finding: Finding, code: Code, *names: str) -> Iterator[ast.Call]:
    """The calls of these functions at the finding's lines, and those that its values are of."""
    wanted = names or _PACKING
    lines = [line_of(finding), *(r.location.line for r in finding.related)]
    found = [call for line in lines for call in code.calls_at(line, *wanted)]
    for node in code.at(line_of(finding)):
        found += [o for o in code.origins(node) if isinstance(o, ast.Call)]
    yield from (call for call in dict.fromkeys(found) if function_name(call) in wanted)


def batch_first(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The other layout for what packs, unpacks or pads."""
    for call in _packings(finding, code):
        place = 2 if function_name(call) == "pack_padded_sequence" else 1
        placed = call.args[place : place + 1]
        given = placed or [k.value for k in call.keywords if k.arg == "batch_first"]
        on = bool(given) and isinstance(given[0], ast.Constant) and given[0].value is True
        wanted = str(not on)
        edit = replaced(code, placed[0], wanted) if placed else None
        yield suggest(code, call, edit or keyword(code, call, "batch_first", wanted))


def samples_first(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """``batch_first=True`` where it is missing; where it is not, the lengths are at fault."""
    for suggestion in batch_first(finding, code):
        if suggestion.edits[0].replacement.endswith("True"):
            yield suggestion


def unpacked_batch_first(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """What pads and unpads with the layout of the packing, or of the layers, anywhere in a file."""
    told = code.calls("pack_padded_sequence") or code.calls("LSTM", "GRU", "RNN")
    first = any("batch_first=True" in code.text(call) for call in told)
    for call in code.calls("pad_packed_sequence", "pad_sequence") if told else ():
        if first != ("batch_first=True" in code.text(call)):
            yield suggest(code, call, keyword(code, call, "batch_first", str(first)))


def any_order(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """Lengths in any order, which packing then sorts by itself."""
    for call in _packings(finding, code, "pack_padded_sequence", "pack_sequence"):
        yield suggest(code, call, keyword(code, call, "enforce_sorted", "False"))


def lengths_on_cpu(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """Lengths where packing wants them: whole numbers on the CPU."""
    for call in _packings(finding, code, "pack_padded_sequence"):
        if len(call.args) > 1:
            lengths = call.args[1]
            for suffix in (".cpu()", ".long()", ".flatten()"):
                yield suggest(code, call, *suffixed(code, lengths, suffix))


def whole_length(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """``total_length``: padded to what a mask is made for, not to the longest of the batch."""
    scopes = {code.scope(node) for node in code.at(line_of(finding))}
    for call in code.calls("pad_packed_sequence"):
        if code.scope(call) in scopes:
            first = "batch_first=True" in code.text(call)
            for mask in _masks(code, code.scope(call), call.lineno):
                length = f"{mask}.size({1 if first else 0})"
                yield suggest(code, call, keyword(code, call, "total_length", length))


def _masks(code: Code, scope: ast.AST, line: int) -> list[str]:
    """Names of masks that a function has by this line."""
    given = [node.arg for node in ast.walk(scope) if isinstance(node, ast.arg)]
    stored = [n for n in ast.walk(scope) if isinstance(n, ast.Name) and n.lineno < line]
    names = dict.fromkeys([*given, *(n.id for n in stored)])
    masks = [name for name in names if "mask" in name.lower()]
    return masks or [name for name in given if name != "self"][:1]


def neutral_padding(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """Padding that no maximum takes, or a mean over the real steps alone."""
    reduced = code.calls_at(line_of(finding), "max", "amax", "adaptive_max_pool1d", "max_pool1d")
    for call in _packings(finding, code, "pad_packed_sequence") if reduced else ():
        infinite = 'float("-inf")'
        yield suggest(code, call, keyword(code, call, "padding_value", infinite))
    yield from () if reduced else _mean(finding, code)


def _mean(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """``output.mean(dim=1)`` as the sum over the lengths that unpacking returns."""
    means = [m for m in code.calls_at(line_of(finding), "mean") if _is_method(m)]
    for mean in means:
        for unpacked in _packings(finding, code, "pad_packed_sequence"):
            outer = code.parent(unpacked)
            target = outer.targets[0] if isinstance(outer, ast.Assign) else None
            if not isinstance(target, ast.Tuple) or len(target.elts) != 2:
                continue
            name = code.text(target.elts[1])
            edits = [replaced(code, target.elts[1], "lengths")] if name.startswith("_") else []
            lengths = "lengths" if edits else name
            total = code.text(mean).replace(".mean(", ".sum(", 1)
            text = f"({total} / {lengths}.unsqueeze(-1))"
            yield suggest(code, mean, replaced(code, mean, text), *edits)


def _is_method(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and len(call.args) + len(call.keywords) == 1


def padded_again(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """The padded tensor of packed data, as what packed it would make it."""
    packs = code.calls("pack_padded_sequence", "pack_sequence")
    used = [n.args[0] for n in code.calls_at(line_of(finding)) if n.args]
    for value in used if packs else ():
        function = re.sub(
            r"pack(_padded)?_sequence", "pad_packed_sequence", code.text(packs[0].func)
        )
        if function == "pad_packed_sequence" and not code.imports(function):
            function = "nn.utils.rnn.pad_packed_sequence"
        first = "batch_first=True" in code.text(packs[0])
        option = ", batch_first=True" if first else ""
        text = f"{function}({code.text(value)}{option})[0]"
        yield suggest(code, value, replaced(code, value, text))


def output_of_result(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """Of what a layer returns, the packed output alone."""
    for call in code.calls_at(line_of(finding), "pad_packed_sequence"):
        if call.args and isinstance(call.args[0], (ast.Call, ast.Name)):
            yield suggest(code, call, *suffixed(code, call.args[0], "[0]"))


def any_length(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """``pad_packed_sequence`` as long as the longest sequence."""
    for call in code.calls_at(line_of(finding), "pad_packed_sequence"):
        for option in call.keywords:
            if option.arg == "total_length":
                yield suggest(code, call, without_argument(code, call, option))


def no_empty_row(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """A sequence without a step packed as one of padding."""
    for call in _packings(finding, code, "pack_padded_sequence"):
        lengths = call.args[1] if len(call.args) > 1 else None
        if lengths is not None and not isinstance(lengths, ast.List):
            yield suggest(code, call, *suffixed(code, lengths, ".clamp(min=1)"))


def collated(finding: Finding, code: Code) -> Iterator[Suggestion]:
    """A ``collate_fn`` for a loader of sequences, where the file defines one that pads."""
    makers = [code.scope(call) for call in code.calls("pad_sequence")]
    names = [m.name for m in makers if isinstance(m, (ast.FunctionDef, ast.AsyncFunctionDef))]
    for loader in code.calls("DataLoader"):
        for name in dict.fromkeys(names) if "collate_fn" not in code.text(loader) else ():
            yield suggest(code, loader, keyword(code, loader, "collate_fn", name))
