"""What the author calls the gates: the names of parameters, and of the parts that are unpacked."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from rnnscope.subjects.comparison import Difference
from rnnscope.verification.mapping import Mapping, Placement

KIND = "gate-order"

_WORDS: dict[str, dict[str, str]] = {
    "LSTM": {
        "i": "i", "in": "i", "input": "i", "ingate": "i", "inputgate": "i",
        "f": "f", "forget": "f", "forgetgate": "f", "fgate": "f",
        "g": "g", "c": "g", "cell": "g", "candidate": "g", "cand": "g", "ctilde": "g",
        "cellgate": "g", "cellcandidate": "g", "gc": "g", "cgate": "g", "chat": "g",
        "o": "o", "out": "o", "output": "o", "outgate": "o", "outputgate": "o", "ogate": "o",
    },
    "GRU": {
        "r": "r", "reset": "r", "resetgate": "r",
        "z": "z", "u": "z", "update": "z", "updategate": "z",
        "n": "n", "new": "n", "newgate": "n", "candidate": "n", "cand": "n", "htilde": "n",
    },
}  # fmt: skip
# A lone word that is no gate when it names a whole parameter: W_i may be the input's weights.
_UNSURE = {"in", "out", "input", "output", "cell"}
# Letters in front of a gate's in the textbooks' W_if, U_f, b_hi, w_xf.
_TEXTBOOK = re.compile(r"^(?:w|u|b|v|r|lin|linear|fc|weight|bias)?_?[xhiu]?_?([ifgocrzn])$")


def differences(mapping: Mapping, layer: object) -> Iterator[Difference]:
    """Where a name says one gate and the arithmetic says another."""
    cell = mapping.config.cell.name
    if cell not in _WORDS:
        return
    order = _torch_names_in_another_order(mapping)
    if order:
        yield order
        return
    unlike = _unlike_orders(mapping)
    if unlike:
        yield unlike
        return
    called = dict(_called(mapping, cell))
    unpacked = _unpacked_order(layer, cell)
    if unpacked:
        called |= dict(_by_position(mapping, unpacked))
    wrong = sorted({(name, acts) for name, acts in called.values() if name != acts})
    by_name: dict[str, set[str]] = {}
    for name, acts in called.values():
        by_name.setdefault(name, set()).add(acts)
    if wrong and all(len(acts) == 1 for acts in by_name.values()):
        names = {gate.letter: gate.name for gate in mapping.config.cell.gates}
        seen = ", ".join(f"what is called {n} acts as the {names[a]} {a}" for n, a in wrong)
        yield Difference(
            KIND,
            f"{seen}: the gates have changed places in the equations or in the unpacking",
            f"torch's order is {' '.join(names)}; give each name its own gate",
        )


def _torch_names_in_another_order(mapping: Mapping) -> Difference | None:
    """A layer with torch's names and shapes takes torch's weights without a word."""
    shapes = dict(mapping.shapes)
    own = {p.parameter: p for p in mapping.placements}
    if {name: p.shape for name, p in own.items()} not in (shapes, _cell_shapes(shapes)):
        return None
    right = " ".join(gate.letter for gate in mapping.config.cell.gates)
    for name, placement in own.items():
        tensors = {b.tensor.rpartition("_l")[0] for b in placement.blocks()}
        gates = " ".join(b.gate or "" for b in _firsts(placement)).strip()
        if gates and gates != right:
            return Difference(
                KIND,
                f"its parameters have torch's names and shapes, so that torch's weights load "
                f"without an error, but the rows of {name} act as {gates}, torch's as {right}",
                f"unpack the gates in the order {', '.join(right.split())}",
            )
        if tensors and name.split("_l")[0] not in tensors:
            return Difference(
                KIND, f"{name} acts as torch's {', '.join(sorted(tensors))}",
                "give it the name of what it multiplies",
            )  # fmt: skip
    return None


def _unlike_orders(mapping: Mapping) -> Difference | None:
    """Stacked weights that are added to each other with their gates in different orders."""
    orders: dict[str, str] = {}
    for placement in mapping.placements:
        gates = [block.gate for block in _firsts(placement)]
        if len(gates) == len(set(gates)) == mapping.config.gate_multiple and None not in gates:
            orders.setdefault(" ".join(map(str, gates)), placement.parameter)
    if len(orders) < 2:
        return None
    seen = ", ".join(f"{parameter} as {order}" for order, parameter in orders.items())
    return Difference(
        KIND, f"its parameters stack the gates in different orders: {seen}",
        "unpack all of them in one order",
    )  # fmt: skip


def _cell_shapes(shapes: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    return {name.removesuffix("_l0"): shape for name, shape in shapes.items()}


def _firsts(placement: Placement) -> Iterator[Any]:
    for _, _, blocks in placement.parts():
        if blocks:
            yield blocks[0]


def _called(mapping: Mapping, cell: str) -> Iterator[tuple[tuple[str, int], tuple[str, str]]]:
    """(parameter, part) -> (the gate that the name says, the gate that it is)."""
    for placement in mapping.placements:
        gates = {block.gate for block in placement.blocks() if block.gate}
        named = gate_in_name(placement.parameter, cell)
        if len(gates) == 1 and named:
            yield (placement.parameter, 0), (named, gates.pop())


def gate_in_name(name: str, cell: str) -> str | None:
    """The gate that a parameter's name speaks of, or None when it speaks of none for sure.

    >>> gate_in_name("forget_gate.weight", "LSTM"), gate_in_name("W_hf", "LSTM")
    ('f', 'f')
    >>> gate_in_name("input_layer.weight", "LSTM") is None
    True
    """
    words = _WORDS[cell]
    for part in name.casefold().split("."):
        pieces = [piece for piece in re.split(r"[_\d]+", part) if piece]
        joined = "".join(pieces)
        if joined in words and joined not in _UNSURE:
            return words[joined]
        for one, two in pairwise(pieces):
            if two in ("gate", "candidate", "cand") and one in words:
                return words[one]
        found = _TEXTBOOK.match(part)
        if found and found.group(1) in words and not (cell == "LSTM" and part in ("wi", "w_i")):
            return words[found.group(1)]
        sure = [words[piece] for piece in pieces if piece in words and len(piece) > 2]
        if len(sure) == 1 and not set(pieces) & _UNSURE:
            return sure[0]
    return None


def _by_position(
    mapping: Mapping, order: tuple[str, ...]
) -> Iterator[tuple[tuple[str, int], tuple[str, str]]]:
    """The gates of stacked parameters under the names that they are unpacked to."""
    for placement in mapping.placements:
        parts = list(_firsts(placement))
        if len(parts) == len(order) and len({b.gate for b in parts}) == len(order):
            for k, block in enumerate(parts):
                yield (placement.parameter, k), (order[k], str(block.gate))


def _unpacked_order(layer: object, cell: str) -> tuple[str, ...] | None:
    """The gates in the order of ``i, f, g, o = ….chunk(4)`` in the source, if all say the same."""
    orders = {order for tree in _sources(layer) for order in _unpackings(tree, cell)}
    return orders.pop() if len(orders) == 1 else None


def _sources(layer: object) -> Iterator[ast.AST]:
    classes = {type(part) for part in getattr(layer, "modules", lambda: [layer])()}
    for own in classes:
        if not own.__module__.startswith("torch."):
            try:
                for method in vars(own).values():
                    if inspect.isfunction(method):
                        yield ast.parse(textwrap.dedent(inspect.getsource(method)))
            except (OSError, TypeError, SyntaxError):
                continue


def _unpackings(tree: ast.AST, cell: str) -> Iterator[tuple[str, ...]]:
    gates = {"LSTM": 4, "GRU": 3}[cell]
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Tuple):
            continue
        names = [getattr(target, "id", "") for target in node.targets[0].elts]
        value = ast.unparse(node.value)
        cuts = any(f".{word}(" in value for word in ("chunk", "split", "unbind"))
        found = [_letter(name, cell) for name in names]
        if cuts and len(names) == gates and all(found) and len(set(found)) == gates:
            yield tuple(letter for letter in found if letter)


def _letter(name: str, cell: str) -> str | None:
    """The gate that a variable is named after: ``i``, ``i_t``, ``in_gate``, ``x_r``."""
    pieces = [
        p
        for p in name.casefold().split("_")
        if p not in ("t", "gate", "gates", "pre", "x", "h", "")
    ]
    word = "".join(pieces)
    if cell == "GRU" and word in ("i", "input"):
        return "z"  # torch's own old name for the update gate, in i_r, i_i, i_n
    if cell == "GRU" and word == "in":
        return "n"
    if cell == "GRU" and len(word) == 2 and word[0] in "ih":
        word = word[1]
    return _WORDS[cell].get(word)
