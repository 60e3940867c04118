"""Mapping: which part of which parameter of a layer is which block of torch's, both ways."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import torch
from torch import Tensor

from rnnscope.config import RNNConfig

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """The rows of one gate in one of torch's parameters, such as W_if in ``weight_ih_l0``.

    ``gate`` is None for ``weight_hr_l0``, which has none.
    """

    tensor: str
    gate: str | None
    start: int
    shape: Shape

    def read(self, whole: Tensor) -> Tensor:
        """These rows of torch's parameter."""
        return whole[self.start : self.start + self.shape[0]]

    def added(self, whole: Tensor, change: Tensor) -> Tensor:
        """torch's parameter with ``change`` added to these rows."""
        result = whole.clone()
        result[self.start : self.start + self.shape[0]] += change
        return result

    def __str__(self) -> str:
        return f"{self.tensor}[{self.gate}]" if self.gate else self.tensor


def blocks_of(config: RNNConfig, shapes: Dictionary[str, Shape]) -> Iterator[Block]:
    """Every block of every parameter, in torch's order."""
    for name, shape in shapes.items():
        if name.startswith("weight_hr"):
            yield Block(name, None, 0, shape)
            continue
        for k, gate in enumerate(config.cell.gates):
            rows = config.hidden_size
            yield Block(name, gate.letter, k * rows, (rows, *shape[1:]))


def cut_shape(shape: Shape, config: RNNConfig) -> str:
    """ "vector" for stacked biases such as (4, H), "matrix" for weights."""
    features = {config.input_size, config.hidden_size, config.output_size}
    features |= {config.directions * config.output_size}
    few = prod(shape[:-1]) <= 2 * config.gate_multiple and prod(shape[:-1]) not in features
    return "vector" if few and shape[-1] % config.hidden_size == 0 else "matrix"


@dataclass(frozen=True, slots=True)
class Form:
    """A cut of a parameter: read as a vector, as rows, or as columns, into parts of these sizes."""

    name: str
    rows: tuple[int, ...]
    columns: tuple[int, ...]

    def table(self, value: Tensor) -> Tensor:
        """The parameter as the table that is cut: blocks lie in it as torch has them."""
        if self.name == "vector":
            return value.reshape(-1, 1)
        if self.name == "transposed":
            value = value.transpose(-1, -2)
        return value.reshape(-1, value.shape[-1])

    def untable(self, table: Tensor, shape: Shape) -> Tensor:
        """The inverse of ``table``."""
        if self.name == "transposed":
            turned = (*shape[:-2], shape[-1], shape[-2])
            return table.reshape(turned).transpose(-1, -2)
        return table.reshape(shape)

    def part(self, table: Tensor, i: int, j: int) -> Tensor:
        """One part of the table, a view."""
        top, left = sum(self.rows[:i]), sum(self.columns[:j])
        return table[top : top + self.rows[i], left : left + self.columns[j]]

    def disturb(self, value: Tensor, i: int, j: int, change: Tensor) -> Tensor:
        """The parameter with ``change`` added to one part."""
        table = self.table(value).clone()
        part = self.part(table, i, j)
        part += change.reshape(part.shape)
        return self.untable(table, tuple(value.shape))


Part = tuple[Block, ...] | None
# How a part that does nothing, and one that is no block of torch's, are written.
NOTHING, UNKNOWN = "nothing", "?"


@dataclass(frozen=True, slots=True)
class Placement:
    """One parameter of the layer and what its parts are; several blocks in a part are summed.

    An empty part does nothing, and a part that is None does something that torch has no block for.
    """

    parameter: str
    shape: Shape
    form: Form
    grid: tuple[tuple[Part, ...], ...]

    def parts(self) -> Iterator[tuple[int, int, Part]]:
        """Each part with its row and column in the cut."""
        for i, row in enumerate(self.grid):
            for j, blocks in enumerate(row):
                yield i, j, blocks

    @property
    def recognised(self) -> int:
        """How many parts are blocks of torch's."""
        return sum(bool(blocks) for _, _, blocks in self.parts())

    @property
    def complete(self) -> bool:
        """True when every part is a block of torch's."""
        return bool(self.grid) and all(blocks for _, _, blocks in self.parts())

    @property
    def unused(self) -> bool:
        """True when no part has any effect."""
        return bool(self.grid) and all(blocks == () for _, _, blocks in self.parts())

    def choosing(self, chosen: Dictionary[tuple[str, int, int], tuple[Block, ...]]) -> Placement:
        """The same placement with some parts decided otherwise."""
        grid = tuple(
            tuple(chosen.get((self.parameter, i, j), part) for j, part in enumerate(row))
            for i, row in enumerate(self.grid)
        )
        return replace(self, grid=grid)

    def resized(
        self, blocks: Dictionary[tuple[str, str | None], Block], shape: Shape, hidden: int
    ) -> Placement:
        """The same placement in a parameter of another size, from blocks of that size."""
        grid = tuple(
            tuple(part and tuple(blocks[b.tensor, b.gate] for b in part) for part in row)
            for row in self.grid
        )
        rows = tuple(next((b[0].shape[0] for b in row if b), hidden) for row in grid)
        columns = tuple(
            next((row[j][0].shape[-1] for row in grid if row[j]), hidden)  # type: ignore[index]
            for j in range(len(self.form.columns))
        )
        if self.form.name == "vector":
            columns = (1,)
        return Placement(self.parameter, shape, Form(self.form.name, rows, columns), grid)

    def blocks(self) -> Iterator[Block]:
        """All blocks that are found in this parameter."""
        for _, _, blocks in self.parts():
            yield from blocks or ()

    def assemble(self, weights: Dictionary[str, Tensor], start: Tensor) -> Tensor:
        """The layer's parameter from torch's; parts without a block are taken from ``start``."""
        table = self.form.table(start).clone()
        for i, j, blocks in self.parts():
            if blocks:
                part = self.form.part(table, i, j)
                part.copy_(sum(b.read(weights[b.tensor]) for b in blocks).reshape(part.shape))  # type: ignore[union-attr]
        return self.form.untable(table, tuple(start.shape))

    def scatter(self, value: Tensor, weights: dict[str, Tensor]) -> None:
        """Write the layer's parameter into torch's; of summed blocks the first takes all."""
        table = self.form.table(value)
        for i, j, blocks in self.parts():
            if blocks:
                first = blocks[0]
                rows = first.read(weights[first.tensor])
                rows += self.form.part(table, i, j).reshape(first.shape)


@dataclass(frozen=True, slots=True)
class Mapping:
    """All placements of a layer, and the conversions of weights that follow from them."""

    config: RNNConfig
    shapes: tuple[tuple[str, Shape], ...]
    placements: tuple[Placement, ...]

    @property
    def understood(self) -> bool:
        """True when every part of every parameter is a block of torch's, or does nothing."""
        return all(
            p.grid and all(blocks is not None for _, _, blocks in p.parts())
            for p in self.placements
        )

    def missing(self) -> tuple[Block, ...]:
        """The blocks of torch's that no parameter of the layer holds."""
        held = {block for p in self.placements for block in p.blocks()}
        return tuple(b for b in blocks_of(self.config, dict(self.shapes)) if b not in held)

    def from_torch(
        self, weights: Dictionary[str, Tensor], start: Dictionary[str, Tensor]
    ) -> dict[str, Tensor]:
        """The layer's parameters that make it compute what torch's ``weights`` do."""
        return {
            p.parameter: p.assemble(weights, start[p.parameter]).contiguous()
            for p in self.placements
        }

    def to_torch(self, state: Dictionary[str, Tensor]) -> dict[str, Tensor]:
        """torch's parameters that make it compute what the layer's ``state`` does."""
        sample = next(iter(state.values()))
        weights = {
            name: torch.zeros(shape, dtype=sample.dtype, device=sample.device)
            for name, shape in self.shapes
        }
        with torch.no_grad():
            for placement in self.placements:
                placement.scatter(state[placement.parameter].detach(), weights)
        return weights

    def resized(
        self, config: RNNConfig, shapes: Dictionary[str, Shape], own: Dictionary[str, Shape]
    ) -> Mapping:
        """The same mapping for a layer of other sizes, whose parameters have the shapes ``own``."""
        by_name = {(b.tensor, b.gate): b for b in blocks_of(config, shapes)}
        placements = tuple(
            p.resized(by_name, own[p.parameter], config.hidden_size) for p in self.placements
        )
        return Mapping(config, tuple(shapes.items()), placements)

    def lines(self) -> tuple[str, ...]:
        """One line for each parameter, in the words that ``--map`` reads."""
        return tuple(f"{p.parameter} = {written(p)}" for p in self.placements if p.grid)


def written(placement: Placement) -> str:
    """What a parameter is made of: ``weight_ih_l0[i f g o]``, ``[… | …]``, ``.T`` if transposed."""
    columns: list[list[Part]] = [
        [row[j] for row in placement.grid] for j in range(len(placement.form.columns))
    ]
    texts = [_column(parts) for parts in columns]
    text = texts[0] if len(texts) == 1 else f"[{' | '.join(texts)}]"
    return f"{text}.T" if placement.form.name == "transposed" else text


def _column(parts: list[Part]) -> str:
    """Parts below each other: runs of one tensor's gates are gathered."""
    runs: list[tuple[tuple[str, ...], list[Any]]] = []
    for part in parts:
        tensors = (UNKNOWN,) if part is None else tuple(b.tensor for b in part)
        gate = part[0].gate if part else None
        if runs and tensors and runs[-1][0] == tensors:
            runs[-1][1].append(gate)
        else:
            runs.append((tensors, [gate]))
    texts = [_run(tensors, gates) for tensors, gates in runs]
    return texts[0] if len(texts) == 1 else f"[{' ; '.join(texts)}]"


def _run(tensors: tuple[str, ...], gates: list[Any]) -> str:
    if not tensors:
        return NOTHING
    inside = f"[{' '.join(gates)}]" if gates[0] else ""
    return " + ".join(f"{tensor}{inside}" for tensor in tensors)
