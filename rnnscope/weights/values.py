"""The numbers in a weights file, read one parameter at a time, and what is wrong with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

import torch
from torch import Tensor

from rnnscope.facts import ParameterFact
from rnnscope.subjects.weights import WeightsProblem
from rnnscope.weights.facts import BlockValues, ForgetBias, LayerValues
from rnnscope.weights.initial import InitialRange
from rnnscope.weights.recognition import StoredLayer
from rnnscope.weights.stored import Stored

# The norm of a larger matrix takes minutes.
_MOST_ROWS = 2048


class LayerReading:
    """The numbers of one recognised layer, taken in parameter by parameter.

    ``digests`` are those of each gate's blocks, by layer and direction: equal ones, equal numbers.
    """

    def __init__(self, path: Path, layer: StoredLayer) -> None:
        self.layer = layer
        self.facts = layer.facts()
        self.blocks: list[BlockValues] = []
        self.digests: defaultdict[str, defaultdict[str, list[bytes]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self.initial = InitialRange(self.facts.config)
        self._forget: defaultdict[str, list[Tensor]] = defaultdict(list)
        self.unread = [name for name, s in layer.parameters.items() if s.offset is None]
        with path.open("rb") as file:
            for parameter in self.facts.parameters:
                stored = layer.parameters[parameter.name]
                if stored.offset is not None:
                    file.seek(stored.offset)
                    self._take(parameter, stored, bytearray(file.read(stored.nbytes)))

    def _take(self, parameter: ParameterFact, stored: Stored, held: bytearray) -> None:
        numbers = _tensor(stored, held)
        self.initial.add(numbers)
        place = f"layer {parameter.layer} {parameter.direction}"
        wide = len(held) // (stored.shape[0] or 1)
        for block, start, stop in _blocks(parameter):
            rows = numbers[start:stop]
            self.blocks.append(_measured(parameter.name, block, rows))
            digest = blake2b(memoryview(held)[start * wide : stop * wide]).digest()
            self.digests[place][block[-1:]].append(digest)
            if block in ("b_if", "b_hf") and not rows.is_complex():
                self._forget[place].append(rows.double())

    def values(self, notes: tuple[str, ...] = ()) -> LayerValues:
        """All that the numbers tell, with notes of what the layer shares with others."""
        told = [*notes, *([] if self.unread else self.initial.told())]
        if self.unread:
            told.append(f"not read, being kept in another form: {', '.join(self.unread)}")
        return LayerValues(tuple(self.blocks), tuple(self._forget_biases()), tuple(told))

    def _forget_biases(self) -> Iterator[ForgetBias]:
        for place, (first, second) in self._forget.items():
            total = first + second
            yield ForgetBias(place, float(total.mean()), float(total.min()), float(total.max()))

    def problems(self) -> Iterator[WeightsProblem]:
        """What is certainly wrong with the numbers."""
        for text in (*self._broken(), *self._alike()):
            yield WeightsProblem("broken-weights", self.layer.path, text)

    def _broken(self) -> Iterator[str]:
        for block in self.blocks:
            name = f"{block.block} of {block.parameter}" if block.block else block.parameter
            if block.nan or block.inf:
                yield f"{name} holds {block.nan:,} NaN and {block.inf:,} infinite numbers."
            elif block.zeros == 1 and block.parameter.startswith("weight"):
                yield f"every number in {name} is 0: the layer reads nothing through it."

    def _alike(self) -> Iterator[str]:
        for place, gates in self.digests.items():
            seen: dict[tuple[bytes, ...], str] = {}
            for gate, digests in gates.items():
                if gate and (other := seen.setdefault(tuple(digests), gate)) != gate:
                    yield f"{place}: the gates {other} and {gate} have the same weights and biases."


def read_values(
    path: Path, layers: tuple[StoredLayer, ...]
) -> tuple[list[LayerValues], list[WeightsProblem]]:
    """The values of every layer, and what is wrong with them; all must be recognised."""
    readings = [LayerReading(path, layer) for layer in layers]
    owners: defaultdict[str, list[str]] = defaultdict(list)
    for reading in readings:
        for place, gates in reading.digests.items() if not reading.unread else ():
            owners[str(list(gates.items()))].append(_full(reading, place))
    twins = [names for names in owners.values() if len(names) > 1]
    values = []
    for reading in readings:
        own = {_full(reading, place) for place in reading.digests}
        notes = (f"the same weights in {' and '.join(n)}" for n in twins if own & set(n))
        values.append(reading.values(tuple(notes)))
    return values, [problem for reading in readings for problem in reading.problems()]


def _full(reading: LayerReading, place: str) -> str:
    """A layer and direction with its path."""
    return " ".join(filter(None, (reading.layer.path, place)))


def _tensor(stored: Stored, held: bytearray) -> Tensor:
    """One parameter in the dtype of the file."""
    dtype = getattr(torch, stored.dtype)
    numbers = torch.frombuffer(held, dtype=dtype) if held else torch.zeros(0, dtype=dtype)
    return numbers.view(stored.shape)


def _blocks(parameter: ParameterFact) -> Iterator[tuple[str, int, int]]:
    """Name and rows of each gate's block; of weight_hr all rows, without a name."""
    for row in parameter.rows:
        yield row.block, row.start, row.stop
    if not parameter.rows:
        yield "", 0, parameter.shape[0]


def _measured(parameter: str, block: str, rows: Tensor) -> BlockValues:
    numbers = rows.to(torch.complex128 if rows.is_complex() else torch.float64)
    nan, inf = numbers.isnan(), numbers.isinf()
    parts = torch.view_as_real(numbers) if numbers.is_complex() else numbers
    finite = parts[parts.isfinite()]
    some = bool(finite.numel())
    sound = block.startswith("W_h") and max(rows.shape) <= _MOST_ROWS and some
    sound = sound and finite.numel() == parts.numel()
    return BlockValues(
        parameter,
        block,
        mean=float(finite.mean()) if some else None,
        deviation=float(finite.std(correction=0)) if some else None,
        largest=float(finite.abs().max()) if some else None,
        zeros=float((rows == 0).double().mean()) if rows.numel() else 0.0,
        nan=int(nan.sum()),
        inf=int((inf & ~nan).sum()),
        norm=float(torch.linalg.matrix_norm(numbers, 2)) if sound else None,
        radius=float(torch.linalg.eigvals(numbers).abs().max())
        if sound and block == "W_hh"
        else None,
    )
