"""Is an axis that a recurrent layer joined of two taken apart in the other order?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rnnscope.experiments.features import places
from rnnscope.experiments.goals import goals
from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.regrouping import regroups
from rnnscope.experiments.replay import quietly
from rnnscope.experiments.roles import packed_sizes
from rnnscope.experiments.starts import left_slots
from rnnscope.recording.tape import Call, Tape
from rnnscope.subjects.facts import AxisSplit

_BOTH = 2  # directions


@dataclass(frozen=True, slots=True)
class Joined:
    """An axis of a result of a bidirectional layer: the outer of two is ``sizes[0]`` long."""

    call: Call
    slot: int
    axis: int
    sizes: tuple[int, int]
    outer: str


def axes_split(laboratory: Laboratory) -> Iterator[AxisSplit]:
    """Views that give (units, directions) or (directions, layers), where memory has the reverse.

    Raises OutOfBudgetError.
    """
    tape = laboratory.tape
    joined = [each for call in tape.recurrent for each in _joined(tape, call)]
    wanted = frozenset[int]().union(*map(tape.ancestors, goals(tape).wanted)) if joined else ()
    for call in tape.calls if joined else ():
        if call.results[:1] and call.results[0] in wanted and regroups(tape, call):
            for each in joined:
                if _splits(tape, call, each) and _is_other_way(laboratory, call, each):
                    yield _fact(tape, call, each)
                    break


def _joined(tape: Tape, call: Call) -> Iterator[Joined]:
    layer = call.layer
    if layer is None or not layer.bidirectional or "cell" in call.name:
        return
    output = call.results[0]
    if packed_sizes(tape, call) is None:
        last = len(tape.shape(output)) - 1
        units = tape.shape(output)[last] // _BOTH
        yield Joined(call, output, last, (_BOTH, units), "directions")
    for slot in left_slots(call):
        yield Joined(call, slot, 0, (layer.num_layers, _BOTH), "layers")


def _splits(tape: Tape, call: Call, joined: Joined) -> bool:
    """True when the sizes of the joined axis come out in the reverse order, and they differ."""
    before, after = tape.shape(call.inputs[0]), tape.shape(call.results[0])
    outer, inner = joined.sizes
    if outer == inner or 1 in joined.sizes or joined.slot not in tape.ancestors(call.inputs[0]):
        return False
    if joined.axis == 0:
        return (before[0], *after[:2]) == (outer * inner, inner, outer) and before[1:] == after[2:]
    return (before[-1], *after[-2:]) == (outer * inner, inner, outer) and before[:-1] == after[:-2]


def _is_other_way(laboratory: Laboratory, call: Call, joined: Joined) -> bool:
    """True when the first two places of the axis are still the first two when it is split."""
    first = 0 if joined.axis == 0 else len(laboratory.tape.shape(call.results[0])) - 2
    for index in (0, 1):
        run = laboratory.with_slice_changed(joined.slot, joined.axis, index)
        with quietly():
            mask = laboratory.moved(run, call.results[0]) if run is not None else None
        if mask is None or places(mask, first) != {0} or places(mask, first + 1) != {index}:
            return False
    return True


def _fact(tape: Tape, call: Call, joined: Joined) -> AxisSplit:
    layer = joined.call.layer
    assert layer is not None
    return AxisSplit(
        layer.kind,
        joined.outer,
        joined.sizes,
        tape.shape(call.inputs[0]),
        tape.shape(call.results[0]),
        call.location,
        joined.call.location,
    )
