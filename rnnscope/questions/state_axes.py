"""Do the samples lie on the second axis of an initial state, or where its layers should be?"""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.roles import Root, roots, state_slots
from rnnscope.experiments.samples import separation
from rnnscope.recording.tape import Call
from rnnscope.subjects.facts import StateAxes

_STATE = 3  # axes: (D*num_layers, N, H_out)


def state_axes(laboratory: Laboratory) -> Iterator[StateAxes]:
    """States that a model made of data, as many samples as slots, and batch first.

    Where the sizes differ torch refuses them. Raises OutOfBudgetError.
    """
    tape, told = laboratory.tape, set()
    for call in tape.recurrent:
        for slot in state_slots(call):
            shape, maker = tape.shape(slot), tape.producer.get(slot)
            square = len(shape) == _STATE and shape[0] == shape[1] > 1
            if call.layer is None or not square or slot not in tape.learnt or maker is None:
                continue
            if maker.location not in told and _is_batch_first(laboratory, call, slot):
                told.add(maker.location)
                yield StateAxes(
                    call.layer.kind, shape, maker.location, call.location, call.layer.built_at
                )


def _is_batch_first(laboratory: Laboratory, call: Call, slot: int) -> bool:
    """True when each sample of the data that the state is made of moves one slot of its own."""
    count = laboratory.tape.shape(slot)[0]
    for root in roots(laboratory.tape, slot):
        for axis in _axes_of_samples(laboratory, root, count):
            tried = separation(laboratory, root, axis, most=2)
            rows = tried.rows(slot) if tried is not None and tried.reaches(slot) else None
            if rows is not None and all(len(places) == 1 for places in rows[1]):
                return rows[0] == 0
    return False


def _axes_of_samples(laboratory: Laboratory, root: Root, count: int) -> list[int]:
    """The axes of data that are as long as there are samples; the known one, where it is known."""
    if root.reason is not None:
        return [root.axis]
    sizes = laboratory.tape.shape(root.slot)
    return [axis for axis in (0, 1) if len(sizes) > axis + 1 and sizes[axis] == count]
