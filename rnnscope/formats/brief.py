"""The first screen of one layer, 24 lines: what it is, whether that is so, what to ask next."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.text import Text

from rnnscope.axes import shape_text
from rnnscope.drawing.text import unrolled
from rnnscope.facts import LayerFacts, ParameterFact, StateSlot
from rnnscope.formats import values
from rnnscope.formats.drawn import drawn
from rnnscope.formats.heading import heading
from rnnscope.formats.palette import numbers_text, symbols_text
from rnnscope.formats.screen import Columns
from rnnscope.formats.tables import by_axes, bytes_text, mark, title
from rnnscope.results import LayerResult

# A terminal has 24 lines, and the last one is the prompt's.
_HEIGHT = 23
_MOST_SLOTS = 4  # of h_n on one line; of more, the first two and the last are shown
_STEMS = ("weight_ih", "weight_hh", "bias_ih", "weight_hr")
_HEADS = ("weight_ih", "weight_hh", "bias_ih, bias_hh", "weight_hr")


class FirstScreen:
    """The lines of one layer; the picture of it is shown where it leaves room for the answers."""

    def __init__(self, layer: LayerResult) -> None:
        self.layer = layer

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        facts = self.layer.facts
        picture = unrolled(facts, width=options.max_width - 2) if facts.tensors else ()
        above, below = heading(self.layer), list(_told(self.layer))
        height = sum(len(console.render_lines(part, options)) for part in (*above, *below))
        yield from above
        if picture and len(picture) + 1 + height <= _HEIGHT:
            yield Padding(drawn(picture, facts.config.cell), (1, 0, 0, 2))
        yield from below


def call_lines(layer: LayerResult) -> RenderableType:
    """What a call of these sizes takes and gives, and which of its axes is taken for which."""
    facts, call = layer.facts, layer.facts.call
    table = Columns("lll")
    for tensor in facts.tensors:
        axes = symbols_text(tensor.axes) + Text(" = ") + numbers_text(tensor.axes)
        table.add(Text(tensor.name, "bold"), axes, "" if tensor.given else "zeros")
    if facts.config.single_step or call.packed or not call.batched:
        return _indented(table)
    other = not facts.config.batch_first
    first, second = (call.seq_len, call.batch) if other else (call.batch, call.seq_len)
    counted = (f"{first} steps of {second} samples", f"{first} samples of {second} steps")
    read, meant = counted if other else counted[::-1]
    words = f"Read as {read}; for {meant} the layer needs batch_first={other}."
    return Group(_indented(table), Text(words))


def _told(layer: LayerResult) -> Iterator[RenderableType]:
    facts = layer.facts
    if facts.tensors:
        yield title("Tensors", "N batch, L time, D directions, H features")
        yield _indented(_tensors(layer))
    if facts.packed:
        sizes, real = list(facts.packed.batch_sizes), facts.packed.real_steps
        yield Text(f"  batch_sizes {sizes}: {real} real steps of {facts.packed.padded_steps}")
    if facts.slots:
        yield _slots(facts)
    if facts.parameters:
        yield title("Parameters", f"{facts.parameter_count:,} numbers, {_size(facts)}")
        yield _indented(_parameters(facts))
    if layer.values:
        yield from values.section(layer.values)
    name = "h_1" if facts.config.single_step else "h_n"
    yield Text(f'\nNext: rnnscope explain "{facts.config}" {name}; everything: --full')


def _indented(part: RenderableType) -> RenderableType:
    return Padding(part, (0, 0, 0, 2))


def _tensors(layer: LayerResult) -> Columns:
    """One row for all tensors of the same axes, with what torch did otherwise, if it did."""
    table = Columns("lllll", drop=(4, 1))
    for tensors, axes in by_axes(layer.facts.tensors):
        marks = [m for t in tensors if (m := mark(layer, t.name)).plain[:1] == "✗"]
        omitted = [t.name for t in tensors if not t.given]
        table.add(
            Text(", ".join(t.name for t in tensors), "bold"),
            symbols_text(axes),
            Text("= ") + numbers_text(axes),
            Text(" ").join(marks),
            f"{' and '.join(omitted)}: zeros" if omitted else "",
        )
    return table


def _slots(facts: LayerFacts) -> Text:
    """What each index of a state's first axis holds, in one line."""
    slots = facts.slots
    shown = [f"[{s.index}] {_slot(s, facts)}" for s in slots]
    if len(shown) > _MOST_SLOTS:
        shown[2:-1] = ["…"]
    also = " = [-1]" if len(slots) > 1 else ""
    return Text(f"  slots     {'  '.join(shown)}{also}")


def _slot(slot: StateSlot, facts: LayerFacts) -> str:
    arrow = {"forward": " →", "backward": " ←"}[slot.direction]
    return f"layer {slot.layer}{arrow if facts.config.directions > 1 else ''}"


def _size(facts: LayerFacts) -> str:
    size = bytes_text(facts.parameter_bytes)
    return size if size.endswith("B") else f"{size} bytes"


def _parameters(facts: LayerFacts) -> Columns:
    """A row for each layer, layers of the same shapes together; shapes are those of a direction."""
    stems = [s for s in _STEMS if any(p.name.startswith(s) for p in facts.parameters)]
    heads = [head for stem, head in zip(_STEMS, _HEADS, strict=True) if stem in stems]
    drop = [n + 1 for n in (2, 3, 1, 0) if n < len(stems)]
    table = Columns(f"l{'l' * len(stems)}r", drop, head=["", *heads, "numbers"])
    layers = [list(group) for _, group in groupby(facts.parameters, lambda p: p.layer)]
    for _, alike in groupby(layers, _shapes):
        same = list(alike)
        first = {stem: p for p in reversed(same[0]) for stem in stems if p.name.startswith(stem)}
        count = sum(parameter.numel for layer in same for parameter in layer)
        shapes = [shape_text(first[stem].shape) for stem in stems]
        table.add(_layers(same, facts), *shapes, f"{count:,}")
    return table


def _shapes(layer: list[ParameterFact]) -> list[tuple[int, ...]]:
    return [parameter.shape for parameter in layer]


def _layers(same: list[list[ParameterFact]], facts: LayerFacts) -> str:
    """Such as ``layers 1-7, 2 directions``."""
    if facts.config.single_step:
        return "cell"
    first, last = same[0][0].layer, same[-1][0].layer
    words = f"layer {first}" if first == last else f"layers {first}-{last}"
    return f"{words}, both directions" if facts.config.directions > 1 else words
