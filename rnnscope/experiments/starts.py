"""Where recurrent layers begin, and loops over steps that are written by hand: their states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rnnscope.experiments.roles import state_slots
from rnnscope.recording.tape import LOOP, RECURRENT_KERNELS, Call, Tape

_JOINS = frozenset(("cat", "concat", "concatenate", "hstack"))


@dataclass(frozen=True, slots=True)
class Start:
    """A slot that a call begins from, and the slot of what was made to take its place."""

    call: Call
    given: int
    left: int


def left_slots(call: Call) -> tuple[int, ...]:
    """The final states among the results of a recurrent kernel: all that a cell returns."""
    return call.results if "cell" in call.name else call.results[1:]


def begins_from_zeros(tape: Tape, call: Call) -> bool:
    """True where every initial state is zeros that no parameter has made."""
    for slot in state_slots(call):
        value = tape.values[slot]
        if value is None or value.requires_grad or bool((value != 0).any()):
            return False
    return True


def steps_of(tape: Tape, call: Call) -> int:
    """How many steps a call reads; of packed data, more than one."""
    shape = tape.shape(call.inputs[0])
    if len(shape) != 3 or call.layer is None:
        return 2 if "cell" not in call.name else 1
    return shape[1 if call.layer.batch_first else 0]


def starts(tape: Tape) -> Iterator[Start]:
    """The initial states of a step, in order."""
    for call in tape.recurrent:
        for given, left in zip(state_slots(call), left_slots(call), strict=False):
            yield Start(call, given, left)
    loops = (tape.users.get(parameter, ()) for parameter in sorted(tape.parameters))
    alike = {tuple(call.number for call in users): users for users in loops}  # weight and bias
    for users in alike.values():
        if len(users) >= LOOP and users[0].name not in RECURRENT_KERNELS:
            yield from _by_hand(tape, users)


def _by_hand(tape: Tape, users: tuple[Call, ...]) -> Iterator[Start]:
    """What one parameter reads first, and reads again as it has become by then."""
    reached = tape.descendants(frozenset(users[0].results))
    later = [slot for call in users[1:] for slot in _parts(tape, call) if slot in reached]
    for given in _parts(tape, users[0]):
        like = (slot for slot in later if tape.shape(slot) == tape.shape(given))
        left = next(like, None)
        if left is not None:
            yield Start(users[0], given, left)


def _parts(tape: Tape, call: Call) -> Iterator[int]:
    """What a call reads besides parameters; joined tensors one by one."""
    for slot in call.inputs:
        maker = tape.producer.get(slot)
        if maker is not None and maker.name in _JOINS:
            yield from maker.inputs
        elif slot not in tape.parameters:
            yield slot
