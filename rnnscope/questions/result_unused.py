"""Is there a call whose result nothing reads, though it was made for its result alone?"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rnnscope.recording.tape import Call, Tape
from rnnscope.sources import nodes, spans
from rnnscope.subjects.facts import ResultUnused

# Functions of a step whose whole effect is their result; views and looks have other uses.
_PURE = frozenset(
    [
        "dropout",
        "masked_fill",
        "transpose",
        "permute",
        "swapaxes",
        "movedim",
        "contiguous",
        "detach",
        "flip",
        "sort",
        "relu",
        "tanh",
        "sigmoid",
        "softmax",
        "log_softmax",
        "layer_norm",
        "batch_norm",
        "normalize",
        "squeeze",
        "unsqueeze",
        "reshape",
        "view",
        "flatten",
        "clamp",
        "index_select",
        "roll",
        "add",
        "mul",
        "sub",
        "div",
        "__getitem__",
        "scatter",
        "cat",
        "masked_select",
        "to",
        "float",
        "cuda",
        "squeeze",
    ]
)
# Where even a name is given to the result, nothing else can be meant by calling these.
_NAMED = frozenset(("dropout", "_pack_padded_sequence", "layer_norm"))


def results_unused(tape: Tape) -> Iterator[ResultUnused]:
    """Calls on the way of a training step whose results are dropped on the spot."""
    seen: set[object] = set()
    for call in tape.calls:
        if call.location in seen or call.place is None or call.changed is not None:
            continue
        if tape.loss in call.results or any(s in tape.users for s in call.results):
            continue
        if not tape.looked_at.isdisjoint(call.results):
            continue
        if (call.name in _PURE and _is_statement(call)) or _is_lost(tape, call):
            seen.add(call.location)
            yield ResultUnused(call.name, call.location)


def _is_statement(call: Call) -> bool:
    """True where the line is a call, and nothing takes what it gives."""
    location = call.location
    if location is None:
        return False
    file = call.place.code.co_filename if call.place else location.file
    statements = (s for s in nodes(file, ast.Expr) if spans(s, location.line))
    return any(isinstance(s.value, ast.Call) and _calls(s.value, call.name) for s in statements)


def _calls(node: ast.Call, name: str) -> bool:
    """True for ``x.name(...)`` and for a module or function that ran it as its last."""
    called = (
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    )
    return called == name or name in ("dropout", "layer_norm")


def _is_lost(tape: Tape, call: Call) -> bool:
    """A result with a name that no later call reads, in a step that was recorded to its end."""
    if call.name not in _NAMED or tape.loss is None or not call.inputs:
        return False
    given = set(call.inputs) - tape.parameters
    return any(not given.isdisjoint(later.inputs) for later in tape.calls[call.number + 1 :])
