"""A Result as a page: findings, the picture, the tensors, then what is folded away."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from rnnscope.axes import shape_text
from rnnscope.drawing.blocks import blocks
from rnnscope.drawing.inside import inside
from rnnscope.drawing.unrolled import unrolled
from rnnscope.facts import LayerFacts, ParameterFact, TensorFact
from rnnscope.formats import values
from rnnscope.formats.heading import standing
from rnnscope.formats.markup import Html, code, element, folded, joined, section, table
from rnnscope.formats.page import axes_list, document, figure, findings, legend, reasons_of, shape
from rnnscope.formats.palette import BAD, GOOD
from rnnscope.formats.svg import order, stations, was_called
from rnnscope.results import LayerResult, Result


def render(result: Result, width: int = 80) -> str:
    """A file of its own; ``width`` has no meaning here."""
    return page(result)


def page(result: Result, title: str = "", *before: Html) -> str:
    """The whole file; ``before`` is what stands above all that is told of the layers."""
    if not title:
        alone = bool(result.layers) and not result.model
        about = str(result.layers[0].facts.config) if alone else "Recurrent layers"
        title = f"{about}: every shape" if result.layers else f"{about}: findings"
    return document(title, _facts(result), *before, *_parts(result))


def _facts(result: Result) -> list[LayerFacts]:
    return [layer.facts for layer in result.layers]


def _parts(result: Result) -> Iterator[Html]:
    yield findings(result.findings)
    if result.conclusion:
        yield element("p", result.conclusion)
    elif result.outcome is not None and result.outcome.exception:
        words = f"{result.outcome.exception}: {result.outcome.message}"
        yield element("p", words, class_="no")
    if result.layers:
        yield legend(_facts(result))
    if result.layers and (result.model or result.stored):
        yield section(order(result).capitalize(), figure(stations(result), kind="chain"))
    for number, layer in enumerate(result.layers):
        told = joined(_layer(layer, f"layer{number}-"))
        if result.model:
            told = folded(f"{', '.join(layer.paths)}: {layer.facts.config}", told)
        yield told


def _layer(layer: LayerResult, prefix: str) -> Iterator[Html]:
    facts = layer.facts
    for line in standing(layer):
        yield element("p", line.plain, class_={GOOD: "yes", BAD: "no"}.get(str(line.style)))
    if facts.tensors and was_called(layer):
        picture = figure(unrolled(facts))
        rows = [_tensor(layer, tensor, prefix) for tensor in facts.tensors]
        listed = table(("tensor", "shape", "axes"), rows, "Every tensor of this call")
        yield section("Unrolled", picture, listed, _omitted(facts))
    if facts.slots:
        yield section("State slots", _slots(facts))
    if facts.packed:
        yield section("Packed", _packed(facts))
    if facts.parameters:
        yield section("One step", figure(inside(facts), kind="inside"))
        count = f"{facts.parameter_count:,} numbers, {facts.parameter_bytes:,} bytes"
        yield section("Parameters", element("p", count), *_parameters(layer))
    if layer.values:
        blocks_told = [(block.parameter, *values.cells(block)) for block in layer.values.blocks]
        told = [element("p", line) for line in values.lines(layer.values)]
        listed = table(("parameter", *values.HEAD), blocks_told, values.NOTE)
        yield section("Values", listed, *told)
    if facts.macs is not None and was_called(layer):
        words = f"{facts.macs:,} multiply-accumulates in one forward of this call"
        yield section("Cost", element("p", words))


def _tensor(layer: LayerResult, tensor: TensorFact, prefix: str) -> Iterator[str]:
    place = f"{prefix}{tensor.name}"
    yield element("a", tensor.name, id=place, href=f"#{place}", data_of=tensor.name)
    yield joined((shape(tensor.axes), _mark(layer, tensor.name)))
    yield axes_list(tensor.axes, reasons_of(layer.facts.config))


def _mark(layer: LayerResult, name: str) -> Html:
    """Measured as predicted, or what was measured instead; nothing where nothing was run."""
    measured = layer.measured
    if measured is None or not (measured.tensor(name) or measured.parameter(name)):
        return Html("")
    wrong = next((d for d in layer.differences if d.name == name), None)
    if wrong is None:
        return element("span", " ✓", class_="yes", title="measured as predicted")
    return element("span", f" ✗ measured {wrong.field} {wrong.actual}", class_="no")


def _omitted(facts: LayerFacts) -> Html:
    omitted = [tensor.name for tensor in facts.tensors if not tensor.given]
    words = f"{' and '.join(omitted)} not given: torch makes them of zeros."
    return element("p", words, class_="aside") if omitted else Html("")


def _slots(facts: LayerFacts) -> Html:
    rows = [
        (element("span", f"[{slot.index}]", class_="layers"), str(slot.layer), slot.direction)
        for slot in facts.slots
    ]
    return table(("slot", "layer", "direction"), rows, "The first axis of every state")


def _packed(facts: LayerFacts) -> Html:
    packed = facts.packed
    assert packed is not None
    rows = [
        ("batch_sizes", code(str(list(packed.batch_sizes)))),
        ("sorted_indices", code(str(packed.sorted_indices))),
        ("unsorted_indices", code(str(packed.unsorted_indices))),
        ("real steps", f"{packed.real_steps} of {packed.padded_steps} in the rectangle"),
        ("pad_packed_sequence(output)", shape(packed.padded_output)),
    ]
    return table(("field", "value"), rows, "What a PackedSequence holds")


def _parameters(layer: LayerResult) -> Iterator[Html]:
    """Folded by layer and direction; the gate blocks of the layers above the second are alike."""
    facts = layer.facts
    for (number, direction), group in groupby(facts.parameters, lambda p: (p.layer, p.direction)):
        own = list(group)
        listed = table(
            ("parameter", "shape", "gates", "numbers"),
            [_parameter(layer, parameter) for parameter in own],
            "gates: how many times hidden_size the rows are",
        )
        place = "" if facts.config.single_step else f"layer {number} {direction}: "
        summary = f"{place}{len(own)} parameters, {sum(p.numel for p in own):,} numbers"
        drawn = number < 2
        rows = figure(blocks(facts, number, direction), kind="blocks") if drawn else Html("")
        yield folded(summary, listed, rows)


def _parameter(layer: LayerResult, parameter: ParameterFact) -> Iterator[str]:
    yield element("span", parameter.name, title=_blocks(parameter))
    yield joined((shape(parameter.axes), _mark(layer, parameter.name)))
    yield str(parameter.gate_multiple or "")
    yield f"{parameter.numel:,}"


def _blocks(parameter: ParameterFact) -> str:
    rows = ", ".join(f"{r.block} [{r.start}:{r.stop}]" for r in parameter.rows)
    return rows or shape_text(parameter.shape)
