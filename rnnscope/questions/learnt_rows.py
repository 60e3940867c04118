"""Is an initial state learnt for each place in the batch, though any sample may come there?"""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.roles import state_slots
from rnnscope.recording.tape import Call
from rnnscope.subjects.facts import RowsLearnt


def learnt_rows(laboratory: Laboratory) -> Iterator[RowsLearnt]:
    """Initial states, of parameters alone, whose rows have parameters of their own.

    Only where a shuffling DataLoader decides which sample comes to which row.
    """
    tape = laboratory.tape
    if not tape.shuffled:
        return
    for call in tape.recurrent:
        if call.layer is None or tape.batches.isdisjoint(tape.ancestors(call.inputs[0])):
            continue
        for slot in state_slots(call):
            begun = tape.ancestors(slot) & tape.sources
            if not begun or not begun <= tape.parameters:
                continue
            found = next((s for s in sorted(begun) if _own_rows(laboratory, s, slot)), None)
            if found is not None:
                yield _fact(laboratory, call, found, slot)
                return


def _own_rows(laboratory: Laboratory, parameter: int, state: int) -> bool:
    """True where a slice of the parameter moves one row of the state, and another a second."""
    shape, rows = laboratory.tape.shape(parameter), laboratory.tape.shape(state)
    if len(rows) < 2 or rows[-2] < 2:
        return False
    axes = (axis for axis in range(len(shape) - 1) if shape[axis] == rows[-2])
    return any(
        all(_moves_row(laboratory, parameter, axis, state, row) for row in (0, rows[-2] - 1))
        for axis in axes
    )


def _moves_row(laboratory: Laboratory, parameter: int, axis: int, state: int, row: int) -> bool:
    if parameter == state:
        return axis == len(laboratory.tape.shape(state)) - 2
    run = laboratory.with_slice_changed(parameter, axis, row)
    mask = laboratory.moved(run, state) if run is not None else None
    if mask is None:
        return False
    moved = mask.movedim(-2, 0).flatten(1).any(1).nonzero().flatten().tolist()
    return bool(moved == [row])


def _fact(laboratory: Laboratory, call: Call, parameter: int, state: int) -> RowsLearnt:
    tape = laboratory.tape
    assert call.layer is not None
    shape = tape.shape(parameter)
    return RowsLearnt(call.layer.kind, shape, tape.shape(state)[-2], call.location, tape.loaded_at)
