"""Does a tape, run again unchanged, give what was recorded? Where it does not, nothing is tried."""

from __future__ import annotations

import torch

from rnnscope.experiments.replay import ReplayError, quietly, replay
from rnnscope.recording.tape import Tape

_ROUNDING = 1e-5  # of a replay against the recording: other threads, other order of sums


def is_faithful(tape: Tape) -> bool:
    """True when the tape, run again unchanged, gives the recorded loss."""
    if tape.lost:
        return False
    slot = tape.loss if tape.loss is not None else _last(tape)
    recorded = tape.values[slot] if slot is not None else None
    if slot is None or recorded is None:
        return False
    try:
        with quietly():
            run = replay(tape, {}, faithful=True)
            again = run.value(slot)
            return again is not None and torch.allclose(
                recorded.detach(), again, rtol=_ROUNDING, atol=_ROUNDING, equal_nan=True
            )
    except (ReplayError, RuntimeError):
        return False


def _last(tape: Tape) -> int | None:
    return tape.calls[-1].results[-1] if tape.calls else None
