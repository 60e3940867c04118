"""The unrolled network as a scene: time from left to right, layers from the bottom up.

A layer in both directions has its forward cells to the left of a column's middle and its backward
cells above and to the right: what is read goes up to both, and both halves meet on top.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rnnscope.axes import shape_text
from rnnscope.call import Call
from rnnscope.drawing.network import Carry, Lane, Network, Rise, unroll
from rnnscope.drawing.scene import (
    Box,
    Group,
    Label,
    Line,
    Mark,
    Scene,
    Word,
    described,
    numbers,
    width_of,
)
from rnnscope.drawing.ways import (
    names_of_carry,
    names_of_cell,
    names_of_entry,
    parameters_of,
)
from rnnscope.facts import LayerFacts

MOST_STEPS, MOST_LAYERS, _MOST_SAMPLES = 5, 3, 8
_EDGE, _ARROW, _CELL, _SMALL = 16.0, 40.0, 62.0, 11.0
_LEFT_OUT = 64.0  # the column of the steps that are left out
_RISE, _SPLIT, _BETWEEN, _JOIN = 40.0, 18.0, 28.0, 34.0


def unrolled(facts: LayerFacts) -> Scene:
    """The network of one call; the first steps and layers and the last, where there are many."""
    return _Layout(unroll(facts, MOST_STEPS, MOST_LAYERS)).scene()


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where everything is from left to right."""

    centres: dict[int, float]
    gaps: tuple[float, ...]  # the middles of columns that stand for steps left out
    left: float  # where the labels at the left end
    right: float  # where the labels at the right begin
    shift: float  # of the cells of a direction from the middle of their column

    @classmethod
    def of(cls, network: Network) -> _Columns:
        config, facts = network.facts.config, network.facts
        shift = 22.0 if config.bidirectional else 0.0
        inner = [_width(c) for c in network.carries if None not in (c.start, c.end)]
        outer = max(width_of(f"{_name(c, facts)} ") + _width(c) for c in network.carries)
        rises = max(_width(rise) for rise in network.rises)
        step = max(
            _CELL + 2 * shift + max(inner, default=0) + 26,
            rises + shift + 24,
            _halves(config.output_size) * 2 + 16,
            110,
        )
        left = _EDGE + max(outer, width_of("layer 99 backward", _SMALL)) + 6
        at, centres, gaps = left + _ARROW + _CELL / 2 + shift, {}, []
        for time in network.times:
            if time is None:
                gaps.append(at - step / 2 + _LEFT_OUT / 2)
                at += _LEFT_OUT
            else:
                centres[time] = at
                at += step
        right = at - step + _CELL / 2 + shift + _ARROW
        return cls(centres, tuple(gaps), left, right, shift)

    def of_lane(self, lane: Lane, time: int) -> float:
        """The middle of a cell."""
        return self.centres[time] + (self.shift if lane.backward else -self.shift)


def _halves(width: int) -> float:
    """How wide each half of a node that joins two directions is."""
    return max(44.0, width_of(f"{width}:", _SMALL) + 8)


def _width(edge: Carry | Rise) -> float:
    return width_of(shape_text(edge.axes.shape))


def _name(carry: Carry, facts: LayerFacts) -> str:
    """The end of a state's way as Python names it: ``h_n[2]``, or ``h_1`` of a cell."""
    when = "0" if carry.start is None else "1" if facts.config.single_step else "n"
    slot = "" if facts.config.single_step else f"[{carry.lane.slot}]"
    return f"{carry.letter}_{when}{slot}"


class _Layout:
    """Gives everything its height, from the top down; then what is drawn there."""

    def __init__(self, network: Network) -> None:
        self.network, self.facts = network, network.facts
        self.config = network.facts.config
        self.columns = _Columns.of(network)
        states = len(self.config.cell.states)
        self.cell_height = 44.0 if states == 1 else 60.0
        self.tops: dict[Lane, float] = {}
        self.entries: dict[int, float] = {}  # where a rise into a layer ends
        self.exits: dict[int, float] = {}  # where a rise out of it begins
        self.skips: list[float] = []
        self.bottom = self._stack()

    def _stack(self) -> float:
        """Place the layers; the height at which the input begins."""
        y = 50.0 if self.config.single_step else 30 + _RISE
        for layer in reversed(self.network.layers):
            if layer is None:
                self.skips.append(y + 14)
                y += 28 + _RISE
                continue
            self.exits[layer] = y
            lanes = self.network.lanes_of(layer)
            y += _JOIN if len(lanes) > 1 else 0
            for lane in reversed(lanes):
                self.tops[lane] = y
                y += self.cell_height + _BETWEEN
            y += (_SPLIT if len(lanes) > 1 else 0) - _BETWEEN
            self.entries[layer] = y
            y += _RISE
        return y

    def scene(self) -> Scene:
        groups = [
            *(group for carry in self.network.carries for group in self._carry(carry)),
            *(self._rise(rise) for rise in self.network.rises),
            *(self._skip(y) for y in self.skips),
            *(self._cell(lane, t) for lane in self.tops for t in self.columns.centres),
            *(self._joint(rise) for rise in self.network.rises),
            *(self._lane_name(lane) for lane in self.tops),
            *self._captions(),
        ]
        groups = [group for group in groups if group.marks]
        below = self.bottom + (20 if self.config.single_step else 38)
        if self.config.single_step:
            groups.append(self._loop())
        if self.facts.call.packed:
            groups += self._samples(below)
            below += 26 + 18 * (min(self.facts.call.batch, _MOST_SAMPLES + 1))
        labels = [m for g in groups for m in g.marks if isinstance(m, Label)]
        width = max(label.bounds[2] for label in labels) + _EDGE
        return Scene(width, below, tuple(groups), f"{self.config}, unrolled", self._words())

    def _words(self) -> str:
        lanes = self.config.num_layers * self.config.directions
        states = " and ".join(f"{letter}_0" for letter in self.config.cell.states)
        return (
            f"Time goes from left to right, layers from the bottom up. {lanes} "
            f"row{'s' * (lanes > 1)} of cells; {states} enter, the final states leave."
        )

    def _level(self, carry: Carry) -> float:
        """The height of a state's line: c above h, as a cell computes them."""
        top, height = self.tops[carry.lane], self.cell_height
        return top + (16 if carry.letter == "c" else height - 16)

    def _carry(self, carry: Carry) -> Iterator[Group]:
        y, lane = self._level(carry), carry.lane
        sign = -1 if lane.backward else 1
        outer = (self.columns.right, self.columns.left)
        ends = (outer[1], outer[0]) if sign == 1 else outer
        start = ends[0] if carry.start is None else self._side(lane, carry.start, sign)
        end = ends[1] if carry.end is None else self._side(lane, carry.end, -sign)
        words, name = numbers(carry.axes), _name(carry, self.facts)
        marks: list[Mark] = [Line(((start, y), (end, y)), kind=self._dashes(carry))]
        if carry.start is None or carry.end is None:
            at = min(start, end) - 6 if self._at_left(carry) else max(start, end) + 6
            anchor = "end" if self._at_left(carry) else "start"
            marks.append(Label(at, y + 4, (Word(name, "layers"), Word(" "), *words), anchor))
            title = f"{name}: layer {lane.layer} {lane.direction}, {_when(carry)}"
            title += f", shape {shape_text(carry.axes.shape)}"
        else:
            marks.append(Label(self._middle(carry), y - 4, words, "middle", _SMALL))
            title = f"{carry.letter} from t={carry.start} to t={carry.end}"
            title += f", layer {lane.layer} {lane.direction}: {shape_text(carry.axes.shape)}"
        yield Group("carry", tuple(marks), title, names_of_carry(self.facts, carry))

    def _at_left(self, carry: Carry) -> bool:
        return (carry.start is None) is not carry.lane.backward

    def _dashes(self, carry: Carry) -> str:
        inner = carry.start is not None and carry.end is not None
        return "dashed" if inner and abs(carry.start - carry.end) > 1 else ""  # type: ignore[operator]

    def _side(self, lane: Lane, time: int, sign: int) -> float:
        return self.columns.of_lane(lane, time) + sign * _CELL / 2

    def _middle(self, carry: Carry) -> float:
        """Between a cell and the upright line of the other direction, whichever is there."""
        assert carry.start is not None
        assert carry.end is not None
        left, right = sorted((carry.start, carry.end))
        begin, end = self._side(carry.lane, left, 1), self._side(carry.lane, right, -1)
        crossing = 2 * self.columns.shift - _CELL / 2
        if self.columns.shift and not carry.lane.backward:
            begin += crossing
        elif self.columns.shift:
            end -= crossing
        return (begin + end) / 2

    def _rise(self, rise: Rise) -> Group:
        x = self.columns.centres[rise.time]
        shape = shape_text(rise.axes.shape)
        if rise.layer is None:
            begin, end = self.exits[self.config.num_layers - 1], 30.0
            title = f"output at t={rise.time}: {shape}"
        else:
            begin, end = self.entries[rise.layer] + _RISE - 2, self.entries[rise.layer]
            below = "input" if rise.layer == 0 else f"output of layer {rise.layer - 1}"
            title = f"{below} at t={rise.time}, read by layer {rise.layer}: {shape}"
        marks: list[Mark] = [
            Label(x + 8, (begin + end) / 2 + 4, numbers(rise.axes)),
            *self._way_up(rise, x, begin, end),
        ]
        return Group("rise", tuple(marks), title, names_of_entry(self.facts, rise.layer))

    def _way_up(self, rise: Rise, x: float, begin: float, end: float) -> Iterator[Line]:
        """One arrow up, or one that parts for the two directions."""
        if rise.layer is None or not self.columns.shift:
            yield Line(((x, begin), (x, end)), kind="over")
            return
        yield Line(((x, begin), (x, end)), False, "over")
        for lane in self.network.lanes_of(rise.layer):
            to = self.columns.of_lane(lane, rise.time)
            foot = self.tops[lane] + self.cell_height
            yield Line(((x, end), (to, end), (to, foot)), kind="over")

    def _joint(self, rise: Rise) -> Group:
        """Where the halves of both directions become one row of features; above each layer."""
        if not self.columns.shift:
            return Group("joint", ())
        above = self.network.layers[-1] if rise.layer is None else rise.layer
        layer = above if rise.layer is None else self._below(rise.layer)
        if layer is None:
            return Group("joint", ())
        x, y, half = self.columns.centres[rise.time], self.exits[layer], self._half
        marks: list[Mark] = []
        for lane in self.network.lanes_of(layer):
            at = self.columns.of_lane(lane, rise.time)
            marks.append(Line(((at, self.tops[lane] - 1), (at, y + 18)), kind="over"))
        width = self.config.output_size
        marks += [Box(x - half, y, 2 * half, 18, "part", 4), Line(((x, y), (x, y + 18)), False)]
        for sign, text in ((-1, f":{width}"), (1, f"{width}:")):
            marks.append(Label(x + sign * half / 2, y + 13, (Word(text, "feature"),), "middle", 11))
        title = f"forward in columns :{width}, backward in columns {width}:"
        names = names_of_entry(self.facts, rise.layer)
        return Group("joint", tuple(marks), title, names)

    @property
    def _half(self) -> float:
        return _halves(self.config.output_size)

    def _below(self, layer: int) -> int | None:
        """The layer below, if it is drawn."""
        return layer - 1 if layer - 1 in self.exits else None

    def _skip(self, y: float) -> Group:
        left_out = self.config.num_layers - MOST_LAYERS
        words = f"{left_out} more layer{'s' * (left_out > 1)}"
        lines = [
            Line(((x, y + 14 + _RISE), (x, y - 14)), False, "dashed")
            for x in self.columns.centres.values()
        ]
        label = Label(_EDGE, y + 4, (Word(words, "layers"),))
        return Group("skip", (label, *lines), f"{words}, each as the one above it")

    def _cell(self, lane: Lane, time: int) -> Group:
        x, y = self.columns.of_lane(lane, time) - _CELL / 2, self.tops[lane]
        words = (Word(self.config.cell.name),)
        marks: list[Mark] = [Box(x, y, _CELL, self.cell_height, "unit")]
        if self.config.proj_size:
            marks.append(Box(x + _CELL - 12, y + 30, 12, self.cell_height - 32, "part", 3))
        marks.append(Label(x + _CELL / 2, y + self.cell_height / 2 + 4, words, "middle"))
        own = parameters_of(self.facts, lane)
        held = ", ".join(f"{p.name} {shape_text(p.shape)}" for p in own)
        place = (
            "" if self.config.single_step else f"layer {lane.layer} {lane.direction}, t={time}: "
        )
        return Group("cell", tuple(marks), f"{place}{held}", names_of_cell(self.facts, lane))

    def _lane_name(self, lane: Lane) -> Group:
        if self.config.single_step:
            return Group("lane", ())
        words = (Word(f"layer {lane.layer} {lane.direction}", "layers"),)
        label = Label(_EDGE, self.tops[lane] - 4, words, size=_SMALL)
        return Group("lane", (label,))

    def _captions(self) -> Iterator[Group]:
        """The whole tensors above and below, and the steps of time."""
        for name, y in (("output", 16.0), ("input", self.bottom + 32)):
            tensor = self.facts.tensor(name)
            if tensor is None:
                continue
            y -= 18 if name == "input" and self.config.single_step else 0
            label = Label(_EDGE, y, described(name, tensor.axes))
            yield Group("caption", (label,), names=frozenset({name}))
        if not self.config.single_step:
            yield Group("times", tuple(self._times()))

    def _times(self) -> Iterator[Label]:
        y = self.bottom + 12
        for time, x in self.columns.centres.items():
            yield Label(x, y, (Word(f"t={time}", "time"),), "middle")
        for x in self.columns.gaps:
            yield Label(x, y, (Word("...", "time"),), "middle")

    def _loop(self) -> Group:
        """A cell computes one step: the loop around it is the user's."""
        left, right, y = self.columns.left + 12, self.columns.right - 12, 30.0
        states = self.config.cell.states
        lane = self.network.lanes[0]
        foot = self.tops[lane] + 16 if len(states) > 1 else self.tops[lane] + self.cell_height - 16
        finals, firsts = (", ".join(f"{s}_{when}" for s in states) for when in ("1", "0"))
        words = (Word(f"your loop: {finals} become {firsts}", "quiet"),)
        line = Line(((right, foot), (right, y), (left, y), (left, foot)), True, "dashed")
        label = Label(_EDGE, 16, words, size=_SMALL)
        return Group("loop", (line, label), "the loop over steps is written by the user")

    def _samples(self, top: float) -> Iterator[Group]:
        """A bar for each packed sample, as long as the sample is."""
        call = self.facts.call
        lengths = call.lengths or ()
        for row, length in enumerate(lengths[:_MOST_SAMPLES]):
            y = top + 12 + 18 * row
            left = min(self.columns.centres.values()) - _CELL / 2
            right = self._end_of(length - 1) + _CELL / 2
            words = (Word(f"sample {row}", "batch"), Word(f" {length} steps", "time"))
            marks: list[Mark] = [
                Label(_EDGE, y + 10, words, size=_SMALL),
                Box(left, y, right - left, 12, "span", 4),
                Label(right + 6, y + 10, (Word(f"h_n[:, {row}]", "batch"),), size=_SMALL),
            ]
            yield Group("sample", tuple(marks), _ends(row, call), frozenset({"h_n", "c_n"}))
        if len(lengths) > _MOST_SAMPLES:
            more = Word(f"{len(lengths) - _MOST_SAMPLES} more samples", "batch")
            label = Label(_EDGE, top + 22 + 18 * _MOST_SAMPLES, (more,), size=_SMALL)
            yield Group("sample", (label,))

    def _end_of(self, time: int) -> float:
        """The middle of a step's column, or of the column of those left out."""
        return self.columns.centres.get(time, self.columns.gaps[0] if self.columns.gaps else 0)


def _when(carry: Carry) -> str:
    return "before its first step" if carry.start is None else "after its last step"


def _ends(sample: int, call: Call) -> str:
    last = (call.lengths or ())[sample] - 1
    return f"sample {sample} ends at t={last}: h_n[:, {sample}] is the state after that step"
