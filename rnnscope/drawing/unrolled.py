"""The unrolled network as a scene: time from left to right, layers from the bottom up.

A layer in both directions has its forward cells to the left of a column's middle and its backward
cells above and to the right: what is read goes up to both, and both halves meet on top.
"""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import Axes
from rnnscope.config import RNNConfig
from rnnscope.drawing.network import Carry, Lane, Network, Rise, unroll
from rnnscope.drawing.places import CELL, EDGE, RISE, SMALL, Places
from rnnscope.drawing.scene import Box, Group, Label, Line, Mark, Scene, Word, described, numbers
from rnnscope.drawing.ways import names_of_carry, names_of_cell, names_of_entry, parameters_of
from rnnscope.facts import LayerFacts
from rnnscope.reasons import sentence

_MOST_STEPS, _MOST_LAYERS, _MOST_SAMPLES = 5, 3, 8
_BAR = 18.0


def unrolled(facts: LayerFacts, layer: int | None = None) -> Scene:
    """The network of one call; of many steps and layers the first, the last, and ``layer``."""
    network = unroll(facts, _MOST_STEPS, _MOST_LAYERS, layer)
    places = Places(network)
    groups = [*_flow(network, places), *_around(network, places)]
    height = places.bottom + (20 if facts.config.single_step else 38)
    if facts.call.packed:
        groups += _samples(facts, places, height)
        height += 26 + _BAR * min(facts.call.batch, _MOST_SAMPLES + 1)
    labels = [mark for group in groups for mark in group.marks if isinstance(mark, Label)]
    width = max(label.bounds[2] for label in labels) + EDGE
    return Scene(width, height, tuple(groups), f"{facts.config}, unrolled", _words(facts.config))


def _words(config: RNNConfig) -> str:
    lanes = config.num_layers * config.directions
    states = " and ".join(f"{letter}_0" for letter in config.cell.states)
    return (
        f"Time goes from left to right, layers from the bottom up. {lanes} "
        f"row{'s' * (lanes > 1)} of cells; {states} enter, the final states leave."
    )


def _flow(network: Network, places: Places) -> Iterator[Group]:
    """Edges first, so that cells lie upon them."""
    for carry in network.carries:
        yield _carry(network, places, carry)
    for rise in network.rises:
        yield from _rise(network, places, rise)
    for lane in network.lanes:
        for time in places.centres:
            yield _cell(network.facts, places, lane, time)
    if network.facts.config.bidirectional:
        for layer in places.exits:
            for time in places.centres:
                yield _joint(network, places, layer, time)


def _around(network: Network, places: Places) -> Iterator[Group]:
    """The whole tensors, the names of lanes and steps, and what is left out."""
    single = network.facts.config.single_step
    for name, y in (("output", 16.0), ("input", places.bottom + (14 if single else 32))):
        if tensor := network.facts.tensor(name):
            label = Label(EDGE, y, described(name, tensor.axes))
            yield Group("caption", (label,), names=frozenset({name}))
    for y, count in places.skips.items():
        yield _skip(places, y, count)
    if single:
        yield _loop(network, places)
        return
    for lane, top in places.tops.items():
        words = (Word(f"layer {lane.layer} {lane.direction}", "layers"),)
        yield Group("lane", (Label(EDGE, top - 4, words, size=SMALL),))
    steps = [(x, f"t={time}") for time, x in places.centres.items()]
    steps += [(x, "...") for x in places.gaps]
    y = places.bottom + 12
    yield Group("times", tuple(Label(x, y, (Word(text, "time"),), "middle") for x, text in steps))


def _carry(network: Network, places: Places, carry: Carry) -> Group:
    lane, y, (start, end) = carry.lane, places.level(carry), places.ends(carry)
    words = numbers(carry.axes)
    if carry.start is None or carry.end is None:
        name, at_left = network.end_of(carry), min(start, end) == places.left
        at = places.left - 6 if at_left else places.right + 6
        shown = (Word(name, "layers"), Word(" "), *words)
        label = Label(at, y + 4, shown, "end" if at_left else "start")
        title = f"{name}, {'before the first' if carry.start is None else 'after the last'} step"
        dashed = ""
    else:
        label = Label(places.free(carry), y - 4, words, "middle", SMALL)
        title = f"{carry.letter} from t={carry.start} to t={carry.end}"
        dashed = "dashed" if abs(carry.start - carry.end) > 1 else ""
    place = f" of layer {lane.layer} {lane.direction}: "
    marks = (Line(((start, y), (end, y)), kind=dashed), label)
    title += place + _why(carry.axes, network.facts.config)
    return Group("carry", marks, title, names_of_carry(network.facts, carry))


def _why(axes: Axes, config: RNNConfig) -> str:
    """Symbols, numbers, and the reason for each axis that has one."""
    reasons = [
        f"\n{axis.size.symbol}: {sentence(axis.because, config)}" for axis in axes if axis.because
    ]
    return f"{axes}{''.join(reasons)}"


def _rise(network: Network, places: Places, rise: Rise) -> Iterator[Group]:
    """What goes up: one arrow, or a line that parts for the two directions."""
    x, layer, facts = places.centres[rise.time], rise.layer, network.facts
    if layer is None:
        begin, end, what = places.exits[facts.config.num_layers - 1], 30.0, "output"
    else:
        end = places.entries[layer]
        begin, what = end + RISE - 2, f"what layer {layer} reads"
    title = f"{what} at t={rise.time}: {_why(rise.axes, facts.config)}"
    parting = network.lanes_of(layer) if layer is not None and places.shift else []
    for lane in parting:
        to, foot = places.middle(lane, rise.time), places.tops[lane] + places.cell_height
        branch = Line(((x, end), (to, end), (to, foot)), kind="over")
        yield Group("rise", (branch,), title, names_of_entry(facts, layer, lane))
    label = Label(x + 8, (begin + end) / 2 + 4, numbers(rise.axes))
    trunk = Line(((x, begin), (x, end)), not parting)
    yield Group("rise", (label, trunk), title, names_of_entry(facts, layer))


def _joint(network: Network, places: Places, layer: int, time: int) -> Group:
    """Where the halves of both directions become one row of features, above each layer."""
    x, y, half = places.centres[time], places.exits[layer], places.half
    config = network.facts.config
    marks: list[Mark] = []
    for lane in network.lanes_of(layer):
        at = places.middle(lane, time)
        marks.append(Line(((at, places.tops[lane] - 1), (at, y + 18)), kind="over"))
    marks += [Box(x - half, y, 2 * half, 18, "part", 4), Line(((x, y), (x, y + 18)), False)]
    first, second = f":{config.output_size}", f"{config.output_size}:"
    for at, text in ((x - half / 2, first), (x + half / 2, second)):
        marks.append(Label(at, y + 13, (Word(text, "feature"),), "middle", SMALL))
    title = f"forward in columns {first}, backward in columns {second}"
    read_by = None if layer == config.num_layers - 1 else layer + 1
    return Group("joint", tuple(marks), title, names_of_entry(network.facts, read_by))


def _cell(facts: LayerFacts, places: Places, lane: Lane, time: int) -> Group:
    config, height = facts.config, places.cell_height
    x, y = places.middle(lane, time) - CELL / 2, places.tops[lane]
    marks: list[Mark] = [Box(x, y, CELL, height, "unit")]
    if config.proj_size:  # h leaves through a projection, c does not
        marks.append(Box(x + CELL - 12, y + 30, 12, height - 32, "part", 3))
    name = (Word(config.kind),)
    marks.append(Label(x + CELL / 2, y + height / 2 + 4, name, "middle"))
    place = "one step" if config.single_step else f"layer {lane.layer} {lane.direction}, t={time}"
    held = "".join(f"\n{p.name} {p.axes}" for p in parameters_of(facts, lane))
    return Group("cell", tuple(marks), f"{place}{held}", names_of_cell(facts, lane))


def _skip(places: Places, y: float, count: int) -> Group:
    words = f"{count} more layer{'s' * (count > 1)}"
    lines = [
        Line(((x, y + RISE + 14), (x, y - 14)), False, "dashed") for x in places.centres.values()
    ]
    label = Label(EDGE, y + 4, (Word(words, "layers"),))
    return Group("skip", (label, *lines), f"{words}, each as the one above it")


def _loop(network: Network, places: Places) -> Group:
    """A cell computes one step: the loop around it is the user's."""
    left, right, y = places.left + 12, places.right - 12, 30.0
    states = network.facts.config.cell.states
    foot = min(places.level(carry) for carry in network.carries)
    finals, firsts = (", ".join(f"{s}_{when}" for s in states) for when in ("1", "0"))
    words = (Word(f"your loop: {finals} become{'s' * (len(states) == 1)} {firsts}", "quiet"),)
    line = Line(((right, foot), (right, y), (left, y), (left, foot)), kind="dashed")
    label = Label(EDGE, 16, words, size=SMALL)
    return Group("loop", (line, label), "the loop over steps is written by the user")


def _samples(facts: LayerFacts, places: Places, top: float) -> Iterator[Group]:
    """A bar for each packed sample, as long as the sample is."""
    lengths = facts.call.lengths or ()
    left = places.column(0) - CELL / 2
    for row, length in enumerate(lengths[:_MOST_SAMPLES]):
        y, right = top + 12 + _BAR * row, places.column(length - 1) + CELL / 2
        words = (Word(f"sample {row}", "batch"), Word(f" {length} steps", "time"))
        marks = (
            Label(EDGE, y + 10, words, size=SMALL),
            Box(left, y, right - left, 12, "span", 4),
            Label(right + 6, y + 10, (Word(f"h_n[:, {row}]", "batch"),), size=SMALL),
        )
        title = f"sample {row} ends at t={length - 1}: h_n[:, {row}] is the state after that step"
        yield Group("sample", marks, title, frozenset({"h_n", "c_n"}))
    if len(lengths) > _MOST_SAMPLES:
        more = Word(f"{len(lengths) - _MOST_SAMPLES} more samples", "batch")
        label = Label(EDGE, top + 22 + _BAR * _MOST_SAMPLES, (more,), size=SMALL)
        yield Group("sample", (label,))
