"""Does a cell begin every step from another cell's new state, and never from its own?"""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.experiments.roles import state_slots
from rnnscope.experiments.starts import left_slots
from rnnscope.recording.tape import Call, Tape
from rnnscope.subjects.experiment_results import BorrowedState

_FEWEST = 3  # calls: fewer may be chance


def borrowed_states(tape: Tape) -> Iterator[BorrowedState]:
    """Cells of a loop whose state and input are one result of another cell.

    Nothing that they return themselves comes back to any layer.
    """
    for layer, calls in tape.by_layer:
        own = [call for call in calls if call.grad]
        times = sum(_is_borrowed(tape, call) and _goes_on(tape, call) for call in own)
        if times < _FEWEST or not all(_is_borrowed(tape, call) for call in own):
            continue
        left = tape.descendants(frozenset(slot for call in own for slot in left_slots(call)))
        if all(left.isdisjoint(call.inputs) for call in tape.recurrent):
            yield BorrowedState(layer.kind, times, own[0].location, layer.built_at)


def _lender(tape: Tape, call: Call) -> Call | None:
    """The call of another cell that has just left this cell's state."""
    given = state_slots(call)
    maker = tape.producer.get(given[0]) if given and "cell" in call.name else None
    if maker is None or maker.layer is None or call.layer is None:
        return None
    lends = maker.layer.name != call.layer.name and set(given) <= set(left_slots(maker))
    return maker if lends else None


def _is_borrowed(tape: Tape, call: Call) -> bool:
    """True where the input is the state, too, or what one call without weights made of it."""
    if _lender(tape, call) is None:
        return False
    read, state = call.inputs[0], state_slots(call)[0]
    maker = tape.producer.get(read)
    made = maker is not None and maker.inputs == (state,) and tape.shape(read) == tape.shape(state)
    return read == state or made


def _goes_on(tape: Tape, call: Call) -> bool:
    """True where the lender itself began from what it had left before."""
    lender = _lender(tape, call)
    assert lender is not None
    before = (tape.producer.get(slot) for slot in state_slots(lender))
    return all(c is not None and c.layer is not None and c.layer == lender.layer for c in before)
