"""Everything about each layer, however long: every axis with its reason, every parameter."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from rnnscope.formats import tables, values
from rnnscope.formats.heading import heading
from rnnscope.formats.screen import text_of
from rnnscope.formats.tables import title
from rnnscope.formats.terminal import assembled
from rnnscope.results import LayerResult, Result


def render(result: Result, width: int = 80) -> str:
    """The text, ``width`` columns wide."""
    return text_of(renderable(result), width)


def renderable(result: Result) -> RenderableType:
    """Findings first, then the table of all layers, then each of them."""
    layers: list[RenderableType] = [Group(*_layer(layer)) for layer in result.layers]
    above = [Group(*tables.overview(result))] if len(layers) > 1 and not result.stored else []
    return assembled(result, [*above, *layers])


def _layer(layer: LayerResult) -> Iterator[RenderableType]:
    facts = layer.facts
    config = facts.config
    yield from heading(layer)
    if facts.tensors:
        yield title("Tensors", "N batch, L time, D directions, H features")
        yield from tables.tensors(layer)
    if facts.slots:
        names = "h_0, c_0, h_n and c_n" if "c" in config.cell.states else "h_0 and h_n"
        yield title("State slots", f"the first axis of {names}")
        yield tables.slots(layer)
    if facts.packed:
        yield title("Packed")
        yield tables.packing(layer)
    yield title("Parameters", _multiple(layer))
    yield from tables.parameters(layer)
    yield title("Gate rows", "the same in every weight_ih, weight_hh, bias_ih and bias_hh")
    yield tables.gate_rows(layer)
    if layer.values:
        yield from values.section(layer.values)
    if facts.macs is not None:
        yield title("Cost")
        yield Text(f"  {facts.macs:,} multiply-accumulates in one forward of this call")


def _multiple(layer: LayerResult) -> str:
    config = layer.facts.config
    return f"gate_size = {config.gate_multiple} x hidden_size = " + str(
        config.gate_multiple * config.hidden_size
    )
