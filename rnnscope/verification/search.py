"""The search for the mapping: which part of which parameter is which block of torch's.

All weights are first set to one constant and all biases to zero, where every gate order, every
transposition and every stacking is the same function. Then one part at a time is disturbed by a
fixed random block, in the layer and in the reference: the block of the reference whose disturbance
changes the results in exactly the same way is the one that the part is. So each part is found by
itself, and nothing is permuted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from rnnscope.config import RNNConfig
from rnnscope.verification.mapping import Block, Form, Mapping, Placement, blocks_of, cut_shape
from rnnscope.verification.oracle import Function, constant_value
from rnnscope.verification.probe import Draw, Probe, Weights, largest
from rnnscope.verification.runner import Runner

Shape = tuple[int, ...]


@dataclass
class Search:
    """One search: a layer, the function it is held against, and the results that both have."""

    runner: Runner
    reference: Function
    base: Weights
    shapes: dict[str, Shape]
    config: RNNConfig
    probe: Probe
    given: bool
    names: tuple[str, ...]
    tolerance: float
    _known: dict[Shape, list[tuple[Block, Tensor]]] = field(default_factory=dict)

    def run(self, fixed: Mapping | None = None) -> Mapping:
        """The placement of every parameter, as far as it can be found; ``fixed`` ones are kept."""
        kept = {p.parameter: p for p in fixed.placements} if fixed else {}
        self.start = baseline(self.runner, self.config)
        self.origin = self._vector(self.start)
        placements = [
            kept.get(name) or self._placed(name, tuple(value.shape))
            for name, value in self.start.items()
        ]
        return Mapping(self.config, tuple(self.shapes.items()), _told_apart(placements))

    def _placed(self, name: str, shape: Shape) -> Placement:
        """The cut of a parameter of which most parts are recognised."""
        best = Placement(name, shape, Form("vector", (), ()), ())
        for form in forms(shape, self.config, self.shapes):
            grid = tuple(
                tuple(self._recognised(name, form, i, j) for j in range(len(form.columns)))
                for i in range(len(form.rows))
            )
            found = Placement(name, shape, form, grid)
            if not best.grid or found.recognised > best.recognised:
                best = found
            if found.complete:
                break
        return best

    def _recognised(self, name: str, form: Form, i: int, j: int) -> tuple[Block, ...] | None:
        """The blocks that act as this part does; empty when it does nothing, None when unknown."""
        shape = (form.rows[i], form.columns[j]) if form.name != "vector" else (form.rows[i],)
        disturbed = form.disturb(self.start[name], i, j, self._noise(shape))
        vector = self._vector({**self.start, name: disturbed})
        if largest(vector, self.origin) <= self.tolerance:
            return ()
        found = tuple(
            block
            for block, expected in self._fingerprints(shape)
            if largest(vector, expected) <= self.tolerance
        )
        return found or None

    def _fingerprints(self, shape: Shape) -> list[tuple[Block, Tensor]]:
        if shape not in self._known:
            noise = self._noise(shape)
            self._known[shape] = [
                (block, self._expected(block, noise))
                for block in blocks_of(self.config, self.shapes)
                if block.shape == shape
            ]
        return self._known[shape]

    def _expected(self, block: Block, noise: Tensor) -> Tensor:
        weights = dict(self.base)
        weights[block.tensor] = block.added(weights[block.tensor], noise)
        return self.reference(weights, self.probe, self.given).vector(self.names)

    def _noise(self, shape: Shape) -> Tensor:
        draw = Draw(self.config, 1000 + sum(k * n for k, n in enumerate(shape, 1)))
        return draw(*shape) * (0.5 if len(shape) == 1 else 0.8 / shape[-1] ** 0.5)

    def _vector(self, values: Weights) -> Tensor:
        return self.runner(values, self.probe, self.given).vector(self.names)


def baseline(runner: Runner, config: RNNConfig) -> Weights:
    """A layer's own tensors with every matrix constant and every vector zero."""
    value = constant_value(config)

    def neutral(name: str, tensor: Tensor) -> float:
        if name in runner.scales:
            return 1.0
        return 0.0 if is_vector(tensor, config) else value

    return {
        name: torch.full_like(tensor, neutral(name, tensor))
        for name, tensor in runner.weights.items()
    }


def is_vector(tensor: Tensor, config: RNNConfig) -> bool:
    """Whether a parameter holds biases: one axis, or one axis longer than 1, or blocks of them."""
    long = [n for n in tensor.shape if n > 1]
    if len(long) <= 1:
        return True
    return cut_shape(tuple(tensor.shape), config) == "vector"


def forms(shape: Shape, config: RNNConfig, shapes: dict[str, Shape]) -> Iterator[Form]:
    """Every way of cutting a parameter of this shape into blocks of torch's."""
    hidden, numel = config.hidden_size, 1
    for n in shape:
        numel *= n
    long = [n for n in shape if n > 1]
    if len(long) <= 1 or cut_shape(shape, config) == "vector":
        if numel % hidden == 0:
            yield Form("vector", (hidden,) * (numel // hidden), (1,))
        return
    for name in ("matrix", "transposed"):
        rows, columns = numel // shape[-1], shape[-1]
        if name == "transposed":
            rows, columns = numel // shape[-2], shape[-2]
        for parts in _column_parts(columns, config, shapes):
            if rows % hidden == 0:
                yield Form(name, (hidden,) * (rows // hidden), parts)
        if config.proj_size and (rows, columns) == (config.proj_size, hidden):
            yield Form(name, (config.proj_size,), (hidden,))


def _column_parts(columns: int, config: RNNConfig, shapes: dict[str, Shape]) -> Iterator[Shape]:
    """The ways in which a row can hold weights of the input, of the state, or of both."""
    inputs = sorted({shape[1] for name, shape in shapes.items() if name.startswith("weight_ih")})
    state = config.output_size
    singles = dict.fromkeys([*inputs, state])
    yield from ((size,) for size in singles if size == columns)
    for size in inputs:
        if size + state == columns:
            yield (size, state)
            if size != state:
                yield (state, size)


def _told_apart(placements: list[Placement]) -> tuple[Placement, ...]:
    """Give each of several parts that act alike one of the blocks; one alone is their sum.

    So it is with torch's two biases, and in a layer whose input and state are the same tensor.
    """
    users: dict[Block, list[tuple[str, int, int]]] = defaultdict(list)
    for placement in placements:
        for i, j, blocks in placement.parts():
            for block in blocks or ():
                users[block].append((placement.parameter, i, j))
    chosen: dict[tuple[str, int, int], tuple[Block, ...]] = {}
    for placement in placements:
        for i, j, blocks in placement.parts():
            if not blocks:
                continue
            rivals = sorted(users[blocks[0]], key=_leaning)
            place = (placement.parameter, i, j)
            rank = rivals.index(place)
            if len(rivals) > 1:
                # A third bias beside torch's two, or a second one beside one, adds nothing new.
                chosen[place] = (blocks[rank],) if rank < len(blocks) else ()
    return tuple(p.choosing(chosen) for p in placements)


_INPUT_WORDS = ("ih", "x", "input", "i2h", "w_i", "inp", "ii", "if", "ig", "io", "ir", "iz", "in")
_STATE_WORDS = ("hh", "h2h", "hidden", "recurrent", "u", "hi", "hf", "hg", "ho", "hr", "hz", "hn")


def _leaning(place: tuple[str, int, int]) -> tuple[int, int]:
    """Names that speak of the hidden state come after names that speak of the input."""
    words = place[0].casefold().replace(".", "_").split("_")
    state = any(word in _STATE_WORDS for word in words)
    given = any(word in _INPUT_WORDS for word in words)
    return int(state) - int(given), place[1]
