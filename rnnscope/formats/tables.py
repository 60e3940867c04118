"""The tables of one layer: tensors, state slots, packing, parameters, gate rows, cost."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rnnscope.axes import Axes, shape_text
from rnnscope.facts import ParameterFact, TensorFact
from rnnscope.formats.palette import BAD, GOOD, QUIET, ROLE_STYLES, numbers_text, symbols_text
from rnnscope.reasons import sentence
from rnnscope.results import LayerResult, Result


def grid(*justify: str) -> Table:
    """A table without lines, one column for each justification."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for side in justify:
        table.add_column(justify=side, overflow="fold")  # type: ignore[arg-type]
    return table


def mark(result: LayerResult, name: str) -> Text:
    """✓ measured as predicted, ✗ and what was measured instead, or nothing yet."""
    if result.measured is None:
        return Text()
    found = result.measured.tensor(name) or result.measured.parameter(name)
    if found is None:
        return Text("predicted only", QUIET)
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
    """The recurrent layers of a model, a line each."""
    table = grid("left", "left", "left", "left", "right")
    table.show_header = True
    for column, words in zip(
        table.columns, ("path", "layer", "input", "output", "numbers"), strict=True
    ):
        column.header = Text(words)
    for layer in result.layers:
        facts = layer.facts
        given, returned = facts.tensor("input"), facts.tensor("output") or facts.tensor("h_1")
        shapes = [numbers_text(t.axes) if t else Text() for t in (given, returned)]
        path = Text(", ".join(layer.paths), "bold magenta")
        table.add_row(path, facts.config.kind, *shapes, Text(f"{facts.parameter_count:,}"))
    yield table


def tensors(result: LayerResult) -> Iterator[RenderableType]:
    """Every tensor of the call, then each of its axes with its size, its role and why."""
    table = grid("left", "left", "left", "left")
    for tensor in result.facts.tensors:
        table.add_row(
            Text(tensor.name, "bold"),
            symbols_text(tensor.axes),
            Text("= ") + numbers_text(tensor.axes),
            mark(result, tensor.name),
        )
    yield Padding(table, (0, 0, 0, 2))
    omitted = [t.name for t in result.facts.tensors if not t.given]
    if omitted:
        yield Text(f"  {' and '.join(omitted)} not given: torch makes them of zeros", QUIET)
    yield Text()
    yield Padding(_axis_table(result), (0, 0, 0, 2))


def _axis_table(result: LayerResult) -> Table:
    table = grid("left", "right", "left", "left")
    for names, axes in _by_axes(result.facts.tensors):
        table.add_row(Text(names, "bold"))
        for axis in axes:
            why = sentence(axis.because, result.facts.config) if axis.because else ""
            style = ROLE_STYLES[axis.role]
            size = Text(str(axis.size.value), style)
            table.add_row(
                Text(f"  {axis.size.symbol}", style), size, Text(str(axis.role)), Text(why)
            )
    return table


def _by_axes(tensors: tuple[TensorFact, ...]) -> list[tuple[str, Axes]]:
    """The names that share their axes, such as "h_0, h_n", in order of first appearance."""
    names: dict[Axes, list[str]] = {}
    for tensor in tensors:
        names.setdefault(tensor.axes, []).append(tensor.name)
    return [(", ".join(same), axes) for axes, same in names.items()]


def slots(result: LayerResult) -> RenderableType:
    """What each index of the first axis of a state stands for."""
    table = grid("left", "left")
    last = len(result.facts.slots) - 1
    for slot in result.facts.slots:
        words = f"layer {slot.layer} {slot.direction}"
        index = f"[{slot.index}]"
        table.add_row(Text(index), words + (", also [-1]" if slot.index == last and last else ""))
    return Padding(table, (0, 0, 0, 2))


def packing(result: LayerResult) -> RenderableType:
    """What a PackedSequence holds, and what it becomes when it is padded again."""
    packed = result.facts.packed
    assert packed is not None
    table = grid("left", "left")
    table.add_row("batch_sizes", Text(f"{list(packed.batch_sizes)} sequences at each step"))
    if packed.sorted_indices is None:
        table.add_row("sorted_indices", "None: the lengths were sorted already")
    else:
        table.add_row("sorted_indices", Text(f"{list(packed.sorted_indices)} original row of each"))
        turned = f"{list(packed.unsorted_indices or ())} turns it back"
        table.add_row("unsorted_indices", Text(turned))
    table.add_row("real steps", f"{packed.real_steps} of {packed.padded_steps} in the rectangle")
    row = symbols_text(packed.padded_output) + Text(" = ") + numbers_text(packed.padded_output)
    table.add_row("pad_packed_sequence(output)", row)
    table.add_row("h_n", "holds the last real step of each sequence, in the original order")
    return Padding(table, (0, 0, 0, 2))


def parameters(result: LayerResult) -> Iterator[RenderableType]:
    """Every parameter by layer and direction: shape, gate_size multiple, numbers, bytes."""
    table = grid("left", "left", "left", "right", "right", "left")
    table.show_header = True
    table.columns[0].no_wrap = True
    for column, words in zip(table.columns[3:5], ("numbers", "bytes"), strict=True):
        column.header, column.no_wrap = Text(words), True
    facts = result.facts
    for (layer, direction), group in groupby(facts.parameters, lambda p: (p.layer, p.direction)):
        if not facts.config.single_step:
            table.add_row(Text(f"layer {layer} {direction}", QUIET))
        for parameter in group:
            table.add_row(*_parameter_row(result, parameter))
    table.add_row(
        Text("total", "bold"),
        "",
        "",
        Text(f"{facts.parameter_count:,}", "bold"),
        Text(bytes_text(facts.parameter_bytes), "bold"),
    )
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
    table = grid("left", "left", "left")
    first = [p for p in result.facts.parameters[:4] if p.rows]
    for position, row in enumerate(first[0].rows):
        blocks = " ".join(p.rows[position].block for p in first)
        table.add_row(f"rows {row.start}-{row.stop - 1}", blocks, row.gate.name)
    return Padding(table, (0, 0, 0, 2))
