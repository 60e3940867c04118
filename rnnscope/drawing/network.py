"""The layer unrolled over time, as data: cells at steps, and the edges between them with axes.

Two kinds of edges: a Rise goes up from layer to layer within one step, a Carry takes a state from
step to step within one layer and direction (a lane). What a painter has no room for is left out
here: of many steps the first ones and the last are kept, and so of many layers; None stands for
those between.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from rnnscope.axes import Axes, Axis, Role, Size
from rnnscope.facts import LayerFacts
from rnnscope.prediction import DIRECTIONS


@dataclass(frozen=True, slots=True)
class Lane:
    """One layer in one direction; ``slot`` is its index in the first axis of the states."""

    layer: int
    direction: str
    slot: int

    @property
    def backward(self) -> bool:
        return self.direction == DIRECTIONS[1]


@dataclass(frozen=True, slots=True)
class Rise:
    """What goes up into ``layer`` at one step; ``layer`` is None where it leaves as output."""

    layer: int | None
    time: int
    axes: Axes


@dataclass(frozen=True, slots=True)
class Carry:
    """A state on its way in a lane; ``start`` is None for h_0 and c_0, ``end`` for h_n and c_n."""

    letter: str
    lane: Lane
    start: int | None
    end: int | None
    axes: Axes


@dataclass(frozen=True, slots=True)
class Network:
    """All that is drawn of one call: times from left to right, layers from the bottom up."""

    facts: LayerFacts
    times: tuple[int | None, ...]
    layers: tuple[int | None, ...]
    lanes: tuple[Lane, ...]
    rises: tuple[Rise, ...]
    carries: tuple[Carry, ...]

    @property
    def shown_times(self) -> list[int]:
        return [time for time in self.times if time is not None]

    @property
    def last_time(self) -> int:
        return steps_of(self.facts) - 1

    def lanes_of(self, layer: int) -> list[Lane]:
        """The lanes of one layer, forward first."""
        return [lane for lane in self.lanes if lane.layer == layer]

    def end_of(self, carry: Carry) -> str:
        """The end of a state's way as Python names it: ``h_n[2]``, or ``h_1`` of a cell."""
        single = self.facts.config.single_step
        when = "0" if carry.start is None else "1" if single else "n"
        return f"{carry.letter}_{when}" + ("" if single else f"[{carry.lane.slot}]")

    def rise(self, layer: int | None, time: int) -> Rise:
        """What enters a layer at a step, or leaves as output."""
        return next(r for r in self.rises if (r.layer, r.time) == (layer, time))


def steps_of(facts: LayerFacts) -> int:
    """How many steps are computed: one for a cell, the longest length when packed."""
    if facts.config.single_step:
        return 1
    return max(facts.call.lengths or (facts.call.seq_len,))


def unroll(
    facts: LayerFacts, most_steps: int, most_layers: int, layer: int | None = None
) -> Network:
    """The network of one call, with at most so many steps and layers, and ``layer`` besides."""
    times = abbreviated(steps_of(facts), most_steps)
    layers = abbreviated(facts.config.num_layers, most_layers, layer)
    lanes = tuple(
        Lane(layer, DIRECTIONS[direction], layer * facts.config.directions + direction)
        for layer in layers
        if layer is not None
        for direction in range(facts.config.directions)
    )
    shown = [time for time in times if time is not None]
    return Network(
        facts,
        times,
        layers,
        lanes,
        tuple(_rises(facts, [layer for layer in layers if layer is not None], shown)),
        tuple(carry for lane in lanes for carry in _carries(facts, lane, shown)),
    )


def abbreviated(count: int, most: int, kept: int | None = None) -> tuple[int | None, ...]:
    """All of them, or the first ones, ``kept`` and the last; None for those left out between.

    >>> abbreviated(3, 3), abbreviated(9, 3), abbreviated(9, 3, 5)
    ((0, 1, 2), (0, 1, None, 8), (0, 1, None, 5, None, 8))
    """
    if count <= most:
        return tuple(range(count))
    last = {count - 1} if most > 1 else set()
    shown = {*range(max(1, most - 1)), *last} | ({kept} if kept is not None else set())
    found: list[int | None] = [0]
    for before, one in pairwise(sorted(shown)):
        found += [one] if one == before + 1 else [None, one]
    return tuple(found if last else [*found, None])


def _rises(facts: LayerFacts, layers: list[int], times: list[int]) -> Iterator[Rise]:
    given, returned = facts.tensor("input"), facts.tensor("output")
    for time in times:
        for layer in layers:
            if layer == 0 and given is not None:
                width = tuple(given.axes)[-1]
            else:
                width = Axis(Role.FEATURE, Size("D*H_out", facts.config.input_size_of(layer)))
            yield Rise(layer, time, _at_step(facts, time, width))
        if returned is not None:
            yield Rise(None, time, _at_step(facts, time, tuple(returned.axes)[-1]))


def _carries(facts: LayerFacts, lane: Lane, times: list[int]) -> Iterator[Carry]:
    pairs = list(pairwise([None, *times, None]))
    if times[-1] != steps_of(facts) - 1:
        pairs.pop()  # the last step is left out of the picture, and so is what leaves it
    for letter in facts.config.cell.states:
        state = facts.tensor(f"{letter}_0")
        assert state is not None
        outside = Axes(tuple(state.axes)[-(2 if facts.call.batched else 1) :])
        for left, right in pairs:
            inner = left is not None and right is not None
            axes = _at_step(facts, right, tuple(state.axes)[-1]) if inner else outside
            start, end = (right, left) if lane.backward else (left, right)
            yield Carry(letter, lane, start, end, axes)


def _at_step(facts: LayerFacts, time: int | None, width: Axis) -> Axes:
    """What passes at one step: the samples that still run, and a width."""
    call = facts.call
    if not call.batched:
        return Axes((width,))
    if call.packed and time is not None:
        return Axes((Axis(Role.BATCH, Size("batch_sizes[t]", call.batch_sizes[time])), width))
    return Axes((Axis(Role.BATCH, Size("N", call.batch)), width))
