"""Layouts: where another framework keeps a parameter, row by row; it prints itself."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from textwrap import wrap
from typing import TYPE_CHECKING, ClassVar

from rnnscope.axes import shape_text
from rnnscope.config import RNNConfig
from rnnscope.errors import UnknownNameError
from rnnscope.facts import ParameterFact
from rnnscope.layouts.table import Array, CellLayout, Join, Layout, array_name, layout_named
from rnnscope.prediction import predict
from rnnscope.printing import Printed
from rnnscope.results import SCHEMA

if TYPE_CHECKING:
    from rich.console import RenderableType

_FORMATS = ("terminal", "markdown", "json")


@dataclass(frozen=True, slots=True)
class Row:
    """One array of the framework: its shape as symbols and numbers, and what is in it.

    ``formula`` is the array in the blocks of torch's equations; ``gates`` say which rows or columns
    are which gate's, empty where there is one gate.
    """

    name: str
    symbols: str
    shape: tuple[int, ...]
    formula: str
    gates: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Layouts(Printed):
    """What ``explain --as`` tells of one parameter, or of all of a layer."""

    config: RNNConfig
    layout: Layout
    parameters: tuple[ParameterFact, ...]
    rows: tuple[Row, ...]

    _formats: ClassVar[Collection[str]] = _FORMATS

    def to_dict(self) -> dict[str, object]:
        """The rows as data."""
        return {
            "schema": SCHEMA,
            "config": asdict(self.config),
            "framework": self.layout.name,
            "cell": self._cell.name,
            "parameters": [p.name for p in self.parameters],
            "arrays": [asdict(row) for row in self.rows],
            "notes": list(self._notes()),
            "proven": self.layout.proven,
            "source": self._source,
        }

    def to_text(self, format: str = "terminal", width: int = 80) -> str:
        """The rows as text. Raises UnknownNameError for a format that there is not."""
        name = format.casefold()
        if name not in _FORMATS:
            raise UnknownNameError(f"a layout has no format {format!r}: {', '.join(_FORMATS)}.")
        if name == "json":
            return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)
        text = "\n".join(self._lines(width))
        return f"```text\n{text}\n```" if name == "markdown" else text

    def __rich__(self) -> RenderableType:
        from rich.text import Text

        return Text("\n".join(self._lines(80)))

    def in_a_line(self) -> str:
        """Such as ``LSTM(10, 20) in ONNX's layout``."""
        return f"{self.config} in {self.layout.title}'s layout"

    @property
    def _cell(self) -> CellLayout:
        return self.layout.cells[self.config.cell.name]

    @property
    def _source(self) -> str:
        return self.layout.source.format(cell=self._cell.name)

    def _lines(self, width: int) -> Iterator[str]:
        yield str(self.config)
        yield f"in {self.layout.title}'s layout, {self._cell.name}; torch has"
        for parameter in self.parameters:
            letters = ", ".join(row.gate.letter for row in parameter.rows)
            gates = f", rows {letters}" if len(parameter.rows) > 1 else ""
            symbols = f"{parameter.axes.symbols} = {shape_text(parameter.shape)}"
            yield f"  {parameter.name}  {symbols}{gates}"
        for row in self.rows:
            yield ""
            yield f"{row.name}  {row.symbols} = {shape_text(row.shape)}"
            yield from _wrapped(f"= {row.formula}", width)
            yield from (f"    {gate}" for gate in row.gates)
        yield ""
        for note in self._notes():
            yield from _wrapped(note, width, "")
        yield "Source:"
        yield self._source

    def _notes(self) -> Iterator[str]:
        """What must be so for the function to be the same, and how it is known."""
        cell, kind = self._cell, self.config.cell.name
        if cell.convention is not None:
            yield f"{cell.convention} is torch's: {cell.convention.reason}."
        if self.config.nonlinearity == "relu" and kind in self.layout.options:
            yield f"{self.layout.options[kind]}."
        if cell.note:
            yield f"{cell.note}."
        if any(" + " in row.formula for row in self.rows):
            yield "The two biases are summed: torch only ever adds these."
        if not self.config.bias and not self.layout.bias_option:
            yield "It has biases all the same: zeros."
        if self.layout.proven:
            yield "Proven by running both on the same weights: docs/converters.md."
        else:
            yield "Not run here: this is what its documentation says."


def _wrapped(text: str, width: int, indent: str = "  ") -> Iterator[str]:
    yield from wrap(text, width, initial_indent=indent, subsequent_indent=indent + indent)


def layouts_of(config: RNNConfig, framework: str, name: str | None = None) -> Layouts:
    """How a framework keeps a parameter, or without a name every parameter of the first layer.

    Imports no torch. Raises UnknownNameError, and ConfigError where it has no counterpart.

    >>> layouts_of(RNNConfig("LSTM", 10, 20), "keras", "weight_ih_l0").rows[0].shape
    (10, 80)
    """
    layout = layout_named(framework)
    cell = layout.cell_for(config)
    chosen = _chosen(config, name)
    layer, direction = chosen[0].layer, chosen[0].direction
    own = {_stem(parameter): parameter for parameter in predict(config).parameters
           if (parameter.layer, parameter.direction) == (layer, direction)}  # fmt: skip
    stems = {_stem(parameter) for parameter in chosen}
    rows = tuple(
        _row(layout, config, array, own, (layer, direction))
        for array in cell.arrays
        if stems.intersection(array.of) and own.keys() & array.of
    )
    return Layouts(config, layout, chosen, rows)


def _chosen(config: RNNConfig, name: str | None) -> tuple[ParameterFact, ...]:
    parameters = predict(config).parameters
    if name is None:
        first = parameters[0]
        return tuple(p for p in parameters if (p.layer, p.direction) == (0, first.direction))
    found = next((p for p in parameters if p.name == name), None)
    if found is None:
        names = [p.name for p in parameters]
        close = get_close_matches(name, names, 1) or names[:4]
        raise UnknownNameError(
            f"{config} has no parameter {name!r}: a layout is of parameters, such as "
            f"{', '.join(close)}."
        )
    return (found,)


def _stem(parameter: ParameterFact) -> str:
    return "_".join(parameter.name.split("_")[:2])


def _row(
    layout: Layout,
    config: RNNConfig,
    array: Array,
    own: dict[str, ParameterFact],
    place: tuple[int, str],
) -> Row:
    symbols = _symbols(array, own)
    if layout.directions_axis:
        symbols = [("D", config.directions), *symbols]
    return Row(
        name=array_name(layout, config, array, *place),
        symbols=f"({', '.join(s for s, _ in symbols)}{',' * (len(symbols) == 1)})",
        shape=tuple(size for _, size in symbols),
        formula=_formula(array),
        gates=_gates(array, config),
    )


def _symbols(array: Array, own: dict[str, ParameterFact]) -> list[tuple[str, int]]:
    """The axes as symbols and numbers, before an axis for the directions."""
    parts = [_axes(array, own[stem]) for stem in array.of]
    if array.join is Join.STACKED:
        return [("2", 2), *parts[0]]
    if array.join is Join.END_TO_END:
        (first, rows), (second, more) = (part[0] for part in parts)
        symbol = f"{first}+{second}"
        if first == second:
            count, _, rest = first.rpartition("*")
            symbol = f"{2 * int(count or 1)}*{rest}"
        return [(symbol, rows + more), *parts[0][1:]]
    return parts[0]


def _axes(array: Array, parameter: ParameterFact) -> list[tuple[str, int]]:
    """The axes of the gates that an array holds of a parameter."""
    sizes = [(axis.size.symbol, axis.size.value) for axis in parameter.axes]
    if array.gates:
        share = len(array.gates)
        symbol = "H_cell" if share == 1 else f"{share}*H_cell"
        sizes[0] = (symbol, sizes[0][1] // len(parameter.rows) * share)
    return sizes[::-1] if array.transposed else sizes


def _formula(array: Array) -> str:
    """The array in the blocks of the equations: ``[W_ii; W_if; W_ig; W_io]^T``."""
    if not array.gates:
        return f"W_hr{'^T' * array.transposed}"
    letter = "b" if array.bias else "W"
    blocks = [[f"{letter}_{stem[-2]}{gate}" for gate in array.gates] for stem in array.of]
    if array.join is Join.SUM:
        return _stacked([" + ".join(pair) for pair in zip(*blocks, strict=True)])
    each = [_stacked(names) + "^T" * array.transposed for names in blocks]
    return each[0] if len(each) == 1 else f"[{'; '.join(each)}]"


def _stacked(blocks: list[str]) -> str:
    return blocks[0] if len(blocks) == 1 else f"[{'; '.join(blocks)}]"


def _gates(array: Array, config: RNNConfig) -> tuple[str, ...]:
    """Where each gate begins and ends, along the axis that holds them."""
    if len(array.gates) < 2:
        return ()
    names = {gate.letter: gate.name for gate in config.cell.gates}
    axis = "columns" if array.transposed or array.join is Join.STACKED else "rows"
    size = config.hidden_size
    return tuple(
        f"{axis} {place * size}-{(place + 1) * size - 1}  {letter}  {names[letter]}"
        for place, letter in enumerate(array.gates)
    )
