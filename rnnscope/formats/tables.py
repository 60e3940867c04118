"""The tables of one layer: tensors, state slots, packing, parameters, gate rows, cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from rnnscope.axes import Axes, shape_text
from rnnscope.facts import ParameterFact, TensorFact
from rnnscope.formats.palette import BAD, GOOD, ROLE_STYLES, TITLE, numbers_text, symbols_text
from rnnscope.formats.screen import Columns
from rnnscope.reasons import sentence
from rnnscope.results import LayerResult, Result


def title(words: str, note: str = "") -> Text:
    """A heading with an empty line above it, and what belongs to it."""
    return Text.assemble("\n", (words, TITLE), f"  {note}" if note else "")


def mark(result: LayerResult, name: str) -> Text:
    """✓ measured as predicted, ✗ and what was measured instead, or nothing yet."""
    if result.measured is None:
        return Text()
    found = result.measured.tensor(name) or result.measured.parameter(name)
    if found is None:
        return Text("predicted only")
    wrong = next((d for d in result.differences if d.name == name), None)
    if wrong is None:
        return Text("✓", GOOD)
    actual = shape_text(wrong.actual) if isinstance(wrong.actual, tuple) else wrong.actual
    return Text(f"✗ measured {wrong.field} {actual}", BAD)


def origin(result: LayerResult) -> str:
    """What a weights file tells of a layer, and what it does not."""
    silent = ", ".join(result.unknown or ())
    unsaid = f";\nno shape tells {silent}: unknown" if silent else ""
    return f"Read from the names and shapes in the file{unsaid}."


def overview(result: Result) -> Iterator[RenderableType]:
    """The recurrent layers of a model, a line each: what really happened, never what might have."""
    head = ("path", "layer", "calls", "input", "output", "states", "parameters", "share")
    table = Columns("llllllrr", drop=(7, 5, 1, 3, 4), head=head)
    counts = {layer.paths: layer.facts.parameter_count for layer in result.layers}
    total = sum(counts.values())
    alike: dict[Any, list[LayerResult]] = {}
    for layer in result.layers:
        alike.setdefault((layer.paths, *map(str, _shapes(layer))), []).append(layer)
    for first, *others in alike.values():
        count = counts.pop(first.paths, None)  # one that was called with other shapes has no others
        table.add(
            Text(", ".join(first.paths), "bold magenta"),
            first.facts.config.kind,
            _calls(first, sum(layer.calls for layer in (first, *others))),
            *_shapes(first),
            "" if count is None else f"{count:,}",
            "" if count is None or not total else f"{count / total:.0%}",
        )
    table.add(Text("total", "bold"), "", "", "", "", "", Text(f"{total:,}", "bold"), "")
    yield table
    if not any(layer.calls for layer in result.layers) and result.outcome is None:
        yield Text("Not run: rnnscope.inspect(model, x) shows the calls that it makes of x.")


# Why a layer's tensors were not measured: words of ``LayerResult.incomplete``.
_UNSEEN = ("not called", "not reached", "not run", "raised", "scripted")


def _calls(layer: LayerResult, count: int) -> Text:
    """How often it was called; or, once, why nothing is known of that."""
    if layer.measured is None or layer.measured.tensors:
        return Text(f"{count}x")
    why = next((word for word in _UNSEEN if word in (layer.incomplete or "")), "not measured")
    return Text(why, BAD if why == "raised" else "italic")


def _shapes(layer: LayerResult) -> list[Text]:
    """Input, output and h as they were measured; what was not measured is left empty."""
    facts = layer.measured or layer.facts
    named = [("input",), ("output", "h_1"), ("h_n", "h_1")]
    found = [next(filter(None, map(facts.tensor, names)), None) for names in named]
    return [numbers_text(tensor.axes) if tensor else Text() for tensor in found]


def tensors(result: LayerResult) -> Iterator[RenderableType]:
    """Every tensor of the call, then each of its axes with its size, its role and why."""
    table = Columns("llll", drop=(1,))
    for tensor in result.facts.tensors:
        table.add(
            Text(tensor.name, "bold"),
            symbols_text(tensor.axes),
            Text("= ") + numbers_text(tensor.axes),
            mark(result, tensor.name),
        )
    yield Padding(table, (0, 0, 0, 2))
    omitted = [t.name for t in result.facts.tensors if not t.given]
    if omitted:
        yield Text(f"  {' and '.join(omitted)} not given: torch makes them of zeros")
    yield Text()
    yield Padding(_axis_table(result), (0, 0, 0, 2))


def _axis_table(result: LayerResult) -> Columns:
    table = Columns("lrlw", drop=(2, 3))
    for tensors, axes in by_axes(result.facts.tensors):
        table.add(Text(", ".join(t.name for t in tensors), "bold"), "", "", "")
        for axis in axes:
            why = sentence(axis.because, result.facts.config) if axis.because else ""
            style = ROLE_STYLES[axis.role]
            size = Text(str(axis.size.value), style)
            table.add(Text(f"  {axis.size.symbol}", style), size, axis.role, why)
    return table


def by_axes(tensors: Iterable[TensorFact]) -> list[tuple[list[TensorFact], Axes]]:
    """The tensors that share their axes, such as h_0 and h_n, in order of first appearance."""
    alike: dict[Axes, list[TensorFact]] = {}
    for tensor in tensors:
        alike.setdefault(tensor.axes, []).append(tensor)
    return [(same, axes) for axes, same in alike.items()]


def slots(result: LayerResult) -> RenderableType:
    """What each index of the first axis of a state stands for."""
    table = Columns("lw")
    last = len(result.facts.slots) - 1
    for slot in result.facts.slots:
        words = f"layer {slot.layer} {slot.direction}"
        index = f"[{slot.index}]"
        table.add(Text(index), words + (", also [-1]" if slot.index == last and last else ""))
    return Padding(table, (0, 0, 0, 2))


def packing(result: LayerResult) -> RenderableType:
    """What a PackedSequence holds, and what it becomes when it is padded again."""
    packed = result.facts.packed
    assert packed is not None
    table = Columns("lw")
    table.add("batch_sizes", Text(f"{list(packed.batch_sizes)} sequences at each step"))
    if packed.sorted_indices is None:
        table.add("sorted_indices", "None: the lengths were sorted already")
    else:
        table.add("sorted_indices", Text(f"{list(packed.sorted_indices)} original row of each"))
        turned = f"{list(packed.unsorted_indices or ())} turns it back"
        table.add("unsorted_indices", Text(turned))
    table.add("real steps", f"{packed.real_steps} of {packed.padded_steps} in the rectangle")
    row = symbols_text(packed.padded_output) + Text(" = ") + numbers_text(packed.padded_output)
    table.add("pad_packed_sequence(output)", row)
    table.add("h_n", "holds the last real step of each sequence, in the original order")
    return Padding(table, (0, 0, 0, 2))


def parameters(result: LayerResult) -> Iterator[RenderableType]:
    """Every parameter by layer and direction: shape, gate_size multiple, numbers, bytes."""
    table = Columns("lllrrl", drop=(4, 1), head=("", "", "", "numbers", "bytes", ""))
    facts = result.facts
    for (layer, direction), group in groupby(facts.parameters, lambda p: (p.layer, p.direction)):
        if not facts.config.single_step:
            table.add(f"layer {layer} {direction}", "", "", "", "", "")
        for parameter in group:
            table.add(*_parameter_row(result, parameter))
    count, size = f"{facts.parameter_count:,}", bytes_text(facts.parameter_bytes)
    table.add(Text("total", "bold"), "", "", Text(count, "bold"), Text(size, "bold"), "")
    yield Padding(table, (0, 0, 0, 2))


def _parameter_row(result: LayerResult, parameter: ParameterFact) -> list[Text]:
    return [
        Text(parameter.name),
        symbols_text(parameter.axes),
        Text("= ") + numbers_text(parameter.axes),
        Text(f"{parameter.numel:,}"),
        Text(bytes_text(parameter.nbytes)),
        mark(result, parameter.name),
    ]


def bytes_text(count: int) -> str:
    """Bytes in full up to 10 MB, above that in units of 1000 with three digits.

    >>> bytes_text(60_160), bytes_text(28_800_102_400_000)
    ('60,160', '28.8 TB')
    """
    if count < 10_000_000:
        return f"{count:,}"
    size, unit = float(count), 0
    while size >= 1000:
        size, unit = size / 1000, unit + 1
    return f"{size:.3g} {'kMGTPEZ'[unit - 1]}B"


def gate_rows(result: LayerResult) -> RenderableType:
    """Which rows of the stacked weights and biases belong to which gate."""
    table = Columns("lll", drop=(1,))
    first = [p for p in result.facts.parameters[:4] if p.rows]
    for position, row in enumerate(first[0].rows):
        blocks = " ".join(p.rows[position].block for p in first)
        table.add(f"rows {row.start}-{row.stop - 1}", blocks, row.gate.name)
    return Padding(table, (0, 0, 0, 2))
