"""Are the steps of a sequence rows that live on side by side, from call to call?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from rnnscope.experiments.features import places
from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.replay import quietly
from rnnscope.experiments.roles import state_slots
from rnnscope.recording.tape import LOOP, Call, Tape
from rnnscope.subjects.facts import RowsStepped


def rows_stepped(laboratory: Laboratory) -> Iterator[RowsStepped]:
    """A layer that is called again and again, and goes on from the state that it left.

    Each time it is given one sequence, of which each step was made of the same step of its last
    result and of no other: such steps come one after another in no order. Raises OutOfBudgetError.
    """
    tape = laboratory.tape
    layers: dict[int, list[Call]] = {}
    for call in tape.recurrent:
        if call.layer is not None and "cell" not in call.name:
            layers.setdefault(call.layer.name, []).append(call)
    for calls in layers.values():
        axes = {_steps_axis(tape, call) for call in calls}
        if len(calls) < LOOP or len(axes) != 1 or None in axes:
            continue
        axis = axes.pop()
        pairs = list(pairwise(calls))[: LOOP - 1]
        assert axis is not None
        if all(_goes_on(tape, one, two) for one, two in pairs) and all(
            _row_by_row(laboratory, one, two, axis) for one, two in pairs[:1]
        ):
            yield _fact(tape, calls[0], axis)


def _steps_axis(tape: Tape, call: Call) -> int | None:
    """The axis of the steps of a single sequence; None for a batch, packed data, or one step."""
    shape = tape.shape(call.inputs[0])
    sizes = shape[:-1]
    if sizes.count(1) != len(sizes) - 1 or call.layer is None:
        return None
    axis = next(axis for axis, size in enumerate(sizes) if size > 1)
    return axis if len(sizes) < 2 or axis == int(call.layer.batch_first) else None


def _goes_on(tape: Tape, call: Call, later: Call) -> bool:
    """True when a call begins with the state that another one left, and reads what it gave."""
    left = tape.descendants(frozenset(call.results[1:]))
    return not left.isdisjoint(state_slots(later)) and (
        later.inputs[0] in tape.descendants(frozenset(call.results[:1]))
    )


def _row_by_row(laboratory: Laboratory, call: Call, later: Call, axis: int) -> bool:
    """True when the first step of a result makes the first of the next input, the last the last."""
    for index in (0, laboratory.tape.shape(call.results[0])[axis] - 1):
        run = laboratory.with_slice_changed(call.results[0], axis, index)
        with quietly():
            moved = laboratory.moved(run, later.inputs[0]) if run is not None else None
        if moved is None or places(moved, axis) != {index}:
            return False
    return True


def _fact(tape: Tape, call: Call, axis: int) -> RowsStepped:
    assert call.layer is not None
    shape = tape.shape(call.inputs[0])
    return RowsStepped(call.layer.kind, shape, shape[axis], call.location, call.layer.built_at)
