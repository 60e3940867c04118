"""Weights that a layer copies out of a torch layer by itself: do they arrive at the right gates?"""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from torch import Tensor

from rnnscope.subjects.comparison import Difference
from rnnscope.verification.mapping import Block, Mapping, Placement, blocks_of
from rnnscope.verification.module_snapshot import weights_of
from rnnscope.verification.oracle import Oracle
from rnnscope.verification.probe import Weights, largest

_ROUNDING = 1e-6  # of weights that were copied through float32

_METHODS = (
    "load", "load_weights", "load_from", "load_torch", "load_lstm", "load_gru", "load_rnn",
    "load_module", "from_torch", "copy_from", "copy_weights", "set_weights", "import_weights",
)  # fmt: skip


def loader_of(layer: object) -> str | None:
    """The method of a layer that takes a torch layer and copies its weights, by its name."""
    for name in _METHODS:
        method = getattr(layer, name, None)
        if callable(method):
            try:
                needed = [
                    p for p in inspect.signature(method).parameters.values() if p.default is p.empty
                ]
            except (TypeError, ValueError):
                continue
            if len(needed) == 1:
                return name
    return None


def load(layer: object, oracle: Oracle, seed: int) -> None:
    """Let the layer copy random weights out of torch's."""
    oracle.load(oracle.random(seed))
    getattr(layer, loader_of(layer) or "")(oracle.module)


def difference(layer: object, oracle: Oracle, mapping: Mapping) -> Difference | None:
    """Whether ``load`` puts every block where the arithmetic uses it."""
    name = loader_of(layer)
    if name is None:
        return None
    load(layer, oracle, 5)
    weights = oracle.random(5)
    held = weights_of(layer)
    wrong = [
        f"those of {_received(held[p.parameter], weights, mapping)} into {p.parameter}, "
        f"which acts as {' '.join(str(b.gate) for b in _firsts(p))}"
        for p in mapping.placements
        if p.complete
        and largest(held[p.parameter], p.assemble(weights, held[p.parameter])) > _ROUNDING
    ]
    if not wrong:
        return None
    right = " ".join(gate.letter for gate in oracle.config.cell.gates)
    return Difference(
        "gate-order",
        f"{name}() copies rows to the wrong gate: {'; '.join(wrong[:4])}",
        f"take the blocks of weight_ih and weight_hh in torch's order, {right}",
    )


def _firsts(placement: Placement) -> Iterator[Block]:
    return (blocks[0] for _, _, blocks in placement.parts() if blocks)


def _received(held: Tensor, weights: Weights, mapping: Mapping) -> str:
    """The gate whose rows a tensor holds, by their values."""
    for block in blocks_of(mapping.config, dict(mapping.shapes)):
        rows = block.read(weights[block.tensor])
        other = weights.get(block.tensor.replace("bias_ih", "bias_hh"))
        for value in (rows, rows if other is None else rows + block.read(other)):
            if largest(held.reshape(-1), value.reshape(-1)) <= _ROUNDING:
                return str(block.gate)
    return "no gate"
