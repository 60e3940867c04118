"""Two drawings, as lines of tagged text: the layer unrolled over time, and a stacked weight.

A tag says what a span is, not how it looks: "gate i", "layers", "time", "feature", "here" (the
tensor that is explained), or "" for the lines between. A format gives each tag its colour.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby

from rnnscope.axes import shape_text
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
    and the last. The
    states at the ends are those that ``name`` is about: c for c_0 and c_n.
    """
    return _Unrolled(facts, name or "", width).drawn()


class _Unrolled:
    """Draws from the top down, one row after the other."""

    def __init__(self, facts: LayerFacts, name: str, width: int) -> None:
        self.facts = facts
        self.name = name
        self.letter = "c" if self.name.startswith("c_") else "h"
        self.canvas = Canvas()
        self.row = 0
        self.last_time = _steps(self.facts) - 1
        self.times = _times(self.last_time, width)
        wider = len(self.times) - 1 if len(self.times) > 2 else None
        self.centres = {
            time: _FIRST + _APART * position + _DOTS * (position == wider)
            for position, time in enumerate(self.times)
        }

    def drawn(self) -> Lines:
        config = self.facts.config
        if not config.single_step:
            self._sequence("output", config.directions * config.output_size)
            self._arrows()
        for layer in self._layers():
            self._layer(layer)
        self._sequence("input", config.input_size)
        self._times()
        return self.canvas.lines()

    def _layers(self) -> list[int | None]:
        """From the last to the first; None stands for those left out."""
        last = self.facts.config.num_layers - 1
        if last < _MOST_LAYERS:
            return list(range(last, -1, -1))
        return [last, None, 1, 0]

    def _layer(self, layer: int | None) -> None:
        if layer is None:
            left_out = self.facts.config.num_layers - _MOST_LAYERS
            self.canvas.put(
                self.row, 0, f"⋮  {left_out} more layer{'s' * (left_out > 1)}", "layers"
            )
            self.row += 1
            return
        for direction in reversed(range(self.facts.config.directions)):
            self._direction(layer, direction)
        width = 0 if layer == 0 else self.facts.config.input_size_of(layer)
        self._arrows(width)

    def _direction(self, layer: int, direction: int) -> None:
        slot = layer * self.facts.config.directions + direction
        start, end = (self._state(when, slot) for when in self._state_names())
        left, right = (end, start) if direction else (start, end)
        line, put = "←" if direction else "→", self.canvas.put
        put(self.row, 0, f"layer {layer} {line}", "layers")
        put(self.row, _FIRST - 5 - len(left), left, self._tag(left))
        edge = f"{line}──" if direction else f"──{line}"
        put(self.row, _FIRST - 4, edge)
        for position, time in enumerate(self.times):
            centre = self.centres[time]
            put(self.row, centre - 1, "[ ]", "time")
            if position + 1 < len(self.times):
                self._between(centre, self.centres[self.times[position + 1]], time, direction)
        last = self.centres[self.times[-1]]
        dots = "" if self.times[-1] == self.last_time else "… "
        put(self.row, last + 2, f"{edge} {dots}")
        put(self.row, last + 6 + len(dots), right, self._tag(right))
        self.row += 1

    def _between(self, here: int, there: int, time: int, direction: int) -> None:
        """The line from one step to the next, with dots where steps are left out."""
        line = "─" * (there - here - 3)
        line = f"←{line[1:]}" if direction else f"{line[1:]}→"
        self.canvas.put(self.row, here + 2, line)
        if self.times[self.times.index(time) + 1] > time + 1:
            self.canvas.centre(self.row, (here + there) // 2, " … ")

    def _state_names(self) -> tuple[str, str]:
        final = "1" if self.facts.config.single_step else "n"
        return f"{self.letter}_0", f"{self.letter}_{final}"

    def _state(self, name: str, slot: int) -> str:
        if not self.facts.config.single_step:
            return f"{name}[{slot}]"
        letters = self.facts.config.cell.states if self.letter == "h" else "c"
        return ", ".join(f"{letter}{name[1:]}" for letter in letters)

    def _tag(self, label: str) -> str:
        return "here" if self.name and label.startswith(self.name) else "layers"

    def _sequence(self, name: str, width: int) -> None:
        self.canvas.put(self.row, 0, name, "here" if name == self.name else "feature")
        for time, centre in self.centres.items():
            self.canvas.centre(self.row, centre, self._shape(time, width), "feature")
        self.row += 1

    def _arrows(self, width: int = 0) -> None:
        for time, centre in self.centres.items():
            shape = f" {self._shape(time, width)}" if width else ""
            self.canvas.put(self.row, centre, f"↑{shape}")
        self.row += 1

    def _shape(self, time: int, width: int) -> str:
        """What passes at one step: the samples that run, and a width."""
        call = self.facts.call
        if not call.batched:
            return shape_text((width,))
        return shape_text((call.batch_sizes[time] if call.packed else call.batch, width))

    def _times(self) -> None:
        if self.facts.config.single_step:
            return
        for time, centre in self.centres.items():
            self.canvas.centre(self.row, centre, f"t={time}", "time")


def _times(last: int, width: int) -> list[int]:
    """The first steps, as many as there is room for, and the last one."""
    if width < NARROW:
        return [0]
    first = 1 if width < WIDE else 2 + (width - WIDE) // _APART
    return sorted({*range(min(first, last + 1)), last})


def _steps(facts: LayerFacts) -> int:
    if facts.config.single_step:
        return 1
    return max(facts.call.lengths or (facts.call.seq_len,))


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
