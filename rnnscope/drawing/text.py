"""Two drawings, as lines of tagged text: the layer unrolled over time, and a stacked weight.

A tag says what a span is, not how it looks: "gate i", "layers", "time", "feature", "here" (the
tensor that is explained), or "" for the lines between. A format gives each tag its colour.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby

from rnnscope.axes import shape_text
from rnnscope.drawing.network import Lane, Network, unroll
from rnnscope.facts import LayerFacts, ParameterFact

# Where the box of the first step is drawn, and how far apart the others are: with the shapes, three
# take 78 columns. Where steps are left out there are dots.
_FIRST, _APART, _DOTS = 25, 18, 2
WIDE, NARROW = 78, 58
_MOST_LAYERS = 3


@dataclass(frozen=True, slots=True)
class Span:
    """Some characters of one line, and what they stand for."""

    text: str
    tag: str = ""


Lines = tuple[tuple[Span, ...], ...]


@dataclass
class Canvas:
    """Characters put anywhere, each with its tag; lines grow as they are needed."""

    rows: list[list[tuple[str, str]]] = field(default_factory=list)

    def put(self, row: int, column: int, text: str, tag: str = "") -> None:
        """Write from ``column`` on, over whatever was there."""
        while len(self.rows) <= row:
            self.rows.append([])
        line = self.rows[row]
        line += [(" ", "")] * (column + len(text) - len(line))
        line[column : column + len(text)] = [(character, tag) for character in text]

    def centre(self, row: int, column: int, text: str, tag: str = "") -> None:
        """Write around ``column``."""
        self.put(row, max(0, column - len(text) // 2), text, tag)

    def lines(self) -> Lines:
        """Neighbours of the same tag as one Span."""
        return tuple(
            tuple(
                Span("".join(character for character, _ in group), tag)
                for tag, group in groupby(line, key=lambda pair: pair[1])
            )
            for line in self.rows
        )


def unrolled(facts: LayerFacts, name: str | None = None, width: int = WIDE) -> Lines:
    """The layer over time: output above, input below, a row for each layer and direction.

    The first two steps and the last are drawn (more where there is room, in less than WIDE columns
    the first and the last, in less than NARROW the first), and of a deep stack the first two layers
    and the last. The tensor called ``name`` is marked; the states at the ends are c where it is c_0
    or c_n.
    """
    steps = 1 if width < NARROW else 2 if width < WIDE else 3 + (width - WIDE) // _APART
    return _Unrolled(unroll(facts, steps, _MOST_LAYERS), name or "").drawn()


class _Unrolled:
    """Draws from the top down, one row after the other."""

    def __init__(self, network: Network, name: str) -> None:
        self.network, self.name = network, name
        self.config = network.facts.config
        self.letter = "c" if name.startswith("c_") else "h"
        self.canvas = Canvas()
        self.row = 0
        self.times = network.shown_times
        wider = len(self.times) - 1 if len(self.times) > 2 else None
        self.centres = {
            time: _FIRST + _APART * position + _DOTS * (position == wider)
            for position, time in enumerate(self.times)
        }

    def drawn(self) -> Lines:
        if not self.config.single_step:
            self._sequence("output", None)
            self._arrows()
        for layer in reversed(self.network.layers):
            self._layer(layer)
        self._sequence("input", 0)
        self._times()
        return self.canvas.lines()

    def _layer(self, layer: int | None) -> None:
        if layer is None:
            left_out = self.config.num_layers - _MOST_LAYERS
            words = f"⋮  {left_out} more layer{'s' * (left_out > 1)}"
            self.canvas.put(self.row, 0, words, "layers")
            self.row += 1
            return
        for lane in reversed(self.network.lanes_of(layer)):
            self._lane(lane)
        self._arrows(layer or None)

    def _lane(self, lane: Lane) -> None:
        final = "1" if self.config.single_step else "n"
        start, end = (self._state(f"{self.letter}_{when}", lane.slot) for when in ("0", final))
        left, right = (end, start) if lane.backward else (start, end)
        line, put = "←" if lane.backward else "→", self.canvas.put
        put(self.row, 0, f"layer {lane.layer} {line}", "layers")
        put(self.row, _FIRST - 5 - len(left), left, self._tag(left))
        edge = f"{line}──" if lane.backward else f"──{line}"
        put(self.row, _FIRST - 4, edge)
        for position, time in enumerate(self.times):
            put(self.row, self.centres[time] - 1, "[ ]", "time")
            if position + 1 < len(self.times):
                self._between(time, self.times[position + 1], lane.backward)
        last = self.centres[self.times[-1]]
        dots = "" if self.times[-1] == self.network.last_time else "… "
        put(self.row, last + 2, f"{edge} {dots}")
        put(self.row, last + 6 + len(dots), right, self._tag(right))
        self.row += 1

    def _between(self, left: int, right: int, backward: bool) -> None:
        """The line from one step to the next, with dots where steps are left out."""
        here, there = self.centres[left], self.centres[right]
        line = "─" * (there - here - 3)
        line = f"←{line[1:]}" if backward else f"{line[1:]}→"
        self.canvas.put(self.row, here + 2, line)
        if right > left + 1:
            self.canvas.centre(self.row, (here + there) // 2, " … ")

    def _state(self, name: str, slot: int) -> str:
        if not self.config.single_step:
            return f"{name}[{slot}]"
        letters = self.config.cell.states if self.letter == "h" else "c"
        return ", ".join(f"{letter}{name[1:]}" for letter in letters)

    def _tag(self, label: str) -> str:
        return "here" if self.name and label.startswith(self.name) else "layers"

    def _sequence(self, name: str, layer: int | None) -> None:
        self.canvas.put(self.row, 0, name, "here" if name == self.name else "feature")
        for time, centre in self.centres.items():
            self.canvas.centre(self.row, centre, self._shape(layer, time), "feature")
        self.row += 1

    def _arrows(self, layer: int | None = None) -> None:
        """Up into a layer, with what it reads of the layer below; the outermost have no words."""
        for time, centre in self.centres.items():
            shape = f" {self._shape(layer, time)}" if layer else ""
            self.canvas.put(self.row, centre, f"↑{shape}")
        self.row += 1

    def _shape(self, layer: int | None, time: int) -> str:
        return shape_text(self.network.rise(layer, time).axes.shape)

    def _times(self) -> None:
        if self.config.single_step:
            return
        for time, centre in self.centres.items():
            self.canvas.centre(self.row, centre, f"t={time}", "time")


def stacked(parameter: ParameterFact, facts: LayerFacts) -> Lines:
    """A stacked weight or bias with its gate blocks; empty for weight_hr, which stacks nothing."""
    if not parameter.rows:
        return ()
    canvas = Canvas()
    last = str(parameter.rows[-1].stop - 1)
    left, width = 2 + 2 * len(last) + len("rows  to  "), 14
    head = _columns(parameter, facts)
    if head:
        canvas.put(0, max(2, min(left, WIDE - len(head))), head, "feature")
    top = 1 if head else 0
    canvas.put(top, left, f"┌{'─' * width}┐")
    for position, rows in enumerate(parameter.rows):
        row, tag = top + 1 + 2 * position, f"gate {rows.gate.letter}"
        span = f"rows {rows.start:>{len(last)}} to {rows.stop - 1:>{len(last)}}"
        canvas.put(row, 2, span)
        canvas.put(row, left, "│")
        canvas.put(row, left + 1, f"{rows.block:^{width}}", tag)
        canvas.put(row, left + 1 + width, "│")
        canvas.put(row, left + 4 + width, f"{rows.gate.letter}  {rows.gate.name}", tag)
        corners = "└┘" if rows is parameter.rows[-1] else "├┤"
        canvas.put(row + 1, left, f"{corners[0]}{'─' * width}{corners[1]}")
    return canvas.lines()


def _columns(parameter: ParameterFact, facts: LayerFacts) -> str:
    """What the columns of a weight multiply; a bias has none."""
    if len(parameter.shape) < 2:
        return ""
    columns = parameter.shape[1]
    if parameter.name.startswith("weight_hh"):
        return f"{columns} columns: h_(t{'+' if parameter.direction == 'backward' else '-'}1)"
    if parameter.layer == 0:
        return f"{columns} columns: x_t"
    below = f"of layer {parameter.layer - 1}"
    if facts.config.bidirectional:
        return f"{columns} columns: {columns // 2} forward | {columns // 2} backward, {below}"
    return f"{columns} columns: h_t {below}"
