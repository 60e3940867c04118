"""Weights that a layer copies out of a torch layer by itself: do they arrive at the right gates?"""

from __future__ import annotations

import inspect
from typing import Any

from rnnscope.likeness import Difference
from rnnscope.verification.mapping import Mapping
from rnnscope.verification.oracle import Oracle
from rnnscope.verification.pristine import weights_of
from rnnscope.verification.probe import largest

_METHODS = (
    "load", "load_weights", "load_from", "load_torch", "load_lstm", "load_gru", "load_rnn",
    "load_module", "from_torch", "copy_from", "copy_weights", "set_weights", "import_weights",
)  # fmt: skip


def loader_of(layer: Any) -> str | None:
    """The method of a layer that takes a torch layer and copies its weights, by its name."""
    for name in _METHODS:
        method = getattr(layer, name, None)
        if callable(method):
            try:
                needed = [p for p in inspect.signature(method).parameters.values() if p.default is p.empty]
            except (TypeError, ValueError):
                continue
            if len(needed) == 1:
                return name
    return None


def load(layer: Any, oracle: Oracle, seed: int) -> None:
    """Let the layer copy random weights out of torch's."""
    oracle.load(oracle.random(seed))
    getattr(layer, loader_of(layer) or "")(oracle.module)


def difference(layer: Any, oracle: Oracle, mapping: Mapping) -> Difference | None:
    """Whether ``load`` puts every block where the arithmetic uses it."""
    name = loader_of(layer)
    if name is None:
        return None
    load(layer, oracle, 5)
    weights = oracle.random(5)
    held = weights_of(layer)
    wrong = []
    for placement in mapping.placements:
        expected = placement.assemble(weights, held[placement.parameter])
        if placement.complete and largest(held[placement.parameter], expected) > 1e-6:
            acts = " ".join(dict.fromkeys(str(b.gate) for b in placement.blocks()))
            wrong.append((placement.parameter, acts))
    if not wrong:
        return None
    seen = "; ".join(f"{parameter}, which acts as {acts}," for parameter, acts in wrong[:6])
    right = " ".join(gate.letter for gate in oracle.config.cell.gates)
    return Difference(
        "gate-order",
        f"{name}() puts the rows of another gate into {seen.rstrip(',')}: torch stacks its gates "
        f"in the order {right}",
        f"take the blocks of weight_ih and weight_hh in the order {right}",
    )
