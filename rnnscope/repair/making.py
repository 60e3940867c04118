"""Where the wrong argument of a failed call was made, as far as the user's text tells.

What the recording knows is known better; but it begins with the step, and states are often made
before it, or by NumPy.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rnnscope.findings import Finding, Location
from rnnscope.repair.code import Code
from rnnscope.repair.states import factories, given_states, layer_calls
from rnnscope.spans import anchor, function_name

_STATE_SIZES = ("RNN202", "RNN203", "RNN204", "RNN205", "RNN207")
_STATE_NUMBERS = ("RNN212", "RNN214")
_INPUT_NUMBERS = ("RNN211", "RNN213")
# What makes numbers of another kind than the weights, unless it is told otherwise.
_FOREIGN = ("from_numpy", "tensor", "as_tensor", "one_hot")


def written_at(finding: Finding, code: Code) -> Location | None:
    """The expression that made the argument which a call was given; None where it is not told."""
    for node in _makers(finding, code):
        return anchor(node, code.file)
    return None


def _makers(finding: Finding, code: Code) -> Iterator[ast.expr]:
    if finding.code in _STATE_SIZES:
        for _, states in given_states(finding, code):
            yield from factories(code, states)
    elif finding.code in _STATE_NUMBERS:
        for _, states in given_states(finding, code):
            yield from (*factories(code, states), *foreign_numbers(code, states))
    elif finding.code in _INPUT_NUMBERS:
        for call in layer_calls(finding, code):
            yield from foreign_numbers(code, call.args[0]) if call.args else ()


def foreign_numbers(code: Code, value: ast.expr) -> Iterator[ast.Call]:
    """The calls behind a value that take their dtype from what they are given, or are told one."""
    for node in code.ancestors(value):
        if isinstance(node, ast.Call):
            told = any(option.arg in ("dtype", "device") for option in node.keywords)
            if told or function_name(node) in _FOREIGN:
                yield node
