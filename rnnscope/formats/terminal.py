"""What a terminal shows, made with rich; also the plain text of ``str(report)``."""

from __future__ import annotations

import io
from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.text import Text

from rnnscope.formats import tables, values
from rnnscope.formats.findings import FindingText
from rnnscope.formats.palette import BAD, GOOD, QUIET, TITLE
from rnnscope.results import LayerResult, Result


def render(result: Result, width: int = 80) -> str:
    """The same as in a terminal, without colour."""
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    console.print(renderable(result), crop=False)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in lines)


def renderable(result: Result) -> RenderableType:
    """The whole screen: findings first, then each layer."""
    parts: list[RenderableType] = []
    for finding in result.findings:
        parts += [FindingText(finding, result.watched), Text()]
    if len(result.layers) > 1 and result.layers[0].unknown is None:
        parts += [*tables.overview(result), Text()]
    for layer in result.layers:
        parts += [*_layer(layer), Text()]
    if result.outcome is not None and result.outcome.exception:
        parts.append(Text(f"{result.outcome.exception}: {result.outcome.message}", BAD))
    return Group(*(parts[:-1] if parts and not str(parts[-1]) else parts))


def _title(words: str, note: str = "") -> Text:
    return Text("\n") + Text(words, TITLE) + Text(f"  {note}" if note else "", QUIET)


def _layer(layer: LayerResult) -> Iterator[RenderableType]:
    facts = layer.facts
    config = facts.config
    yield _headline(layer)
    if layer.unknown is None:
        yield _layout_line(layer)
        yield _agreement(layer)
    else:
        yield Text("\n").join([Text(tables.origin(layer)), *(Text(n, QUIET) for n in layer.notes)])
    if facts.tensors:
        yield _title("Tensors", "N batch, L time, D directions, H features")
        yield from tables.tensors(layer)
    if facts.slots:
        names = "h_0, c_0, h_n and c_n" if "c" in config.cell.states else "h_0 and h_n"
        yield _title("State slots", f"the first axis of {names}")
        yield tables.slots(layer)
    if facts.packed:
        yield _title("Packed")
        yield tables.packing(layer)
    yield _title("Parameters", _multiple(layer))
    yield from tables.parameters(layer)
    yield _title("Gate rows", "the same in every weight_ih, weight_hh, bias_ih and bias_hh")
    yield tables.gate_rows(layer)
    if layer.values:
        yield _title("Values", "norm: spectral norm; radius: spectral radius")
        yield from values.table(layer.values)
    if facts.macs is not None:
        yield _title("Cost")
        yield Text(f"  {facts.macs:,} multiply-accumulates in one forward of this call")


def _headline(layer: LayerResult) -> Text:
    config = layer.facts.config
    text = Text()
    if layer.paths:
        text.append(", ".join(layer.paths) + "  ", "bold magenta")
    text.append(str(config), "bold")
    place = f"on {config.device}, " if layer.unknown is None else ""
    text.append(f"  {place}{config.dtype}", QUIET)
    if layer.calls > 1:
        text.append(f"  {layer.calls} calls of these shapes", QUIET)
    return text


def _layout_line(layer: LayerResult) -> Text:
    config, call = layer.facts.config, layer.facts.call
    if config.single_step:
        return Text("One step of one layer: no time axis, no layer axis.")
    if call.packed:
        return Text("Packed: input and output hold real steps only; states are batch second.")
    if not call.batched:
        return Text("Unbatched: one sequence; no tensor has a batch axis.")
    layout = "(N, L, features)" if config.batch_first else "(L, N, features)"
    return Text(
        f"batch_first={config.batch_first}: input and output are {layout},\n"
        "states are (layers, N, features) whatever batch_first says."
    )


def _multiple(layer: LayerResult) -> str:
    config = layer.facts.config
    return f"gate_size = {config.gate_multiple} x hidden_size = " + str(
        config.gate_multiple * config.hidden_size
    )


def _agreement(layer: LayerResult) -> Text:
    if layer.measured is None:
        return Text("Predicted by symbols; nothing was run.", QUIET)
    if layer.differences:
        lines = [
            f"{d.name} {d.field}: predicted {d.expected}, measured {d.actual}"
            for d in layer.differences
        ]
        words = "\n".join(["DISAGREEMENT between prediction and torch:", *lines])
        return Text(words, BAD)
    measured = "parameters and tensors" if layer.measured.tensors else "parameters"
    text = Text(f"✓ measured on {layer.measured.config.device}: {measured} are as predicted", GOOD)
    if layer.reference_agrees:
        text.append(f"\n✓ reference agrees, max |difference| {layer.reference:.1g}", GOOD)
    elif layer.reference_agrees is False:
        words = f"max |difference| {layer.reference:.1g}, allowed {layer.tolerance:.0g}"
        text.append(f"\n✗ the reference DISAGREES with torch: {words}", BAD)
    for note in (*layer.notes, layer.incomplete):
        text.append(f"\n{note}" if note else "", QUIET)
    return text
