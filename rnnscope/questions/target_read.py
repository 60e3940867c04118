"""Has a step already read the very token that it is asked for?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.meeting import Meeting, moved_errors
from rnnscope.experiments.replay import Value, quietly
from rnnscope.subjects.experiment_results import TargetSeen

_TRIED = 2  # the step whose token is changed: one before it, and one after
_STRONGLY = 1e-4  # of the largest error: a hundred times what counts as rounding

Errors = list[torch.Tensor | None]


def targets_read(laboratory: Laboratory, meetings: Sequence[Meeting]) -> Iterator[TargetSeen]:
    """Tokens that reach the answer to them: not an earlier answer, so no encoder has read them.

    Each token is changed alone; it is found as a target by the errors that move with the target.
    """
    tape = laboratory.tape
    slot = _tokens(laboratory, meetings[0]) if meetings else None
    if slot is None or not any(_is_read(laboratory, meetings, slot, time) for time in (1, 0)):
        return
    layers = [c for c in tape.leading_to(meetings[0].prediction) if c.layer is not None]
    layer = layers[-1].layer if layers else None
    yield TargetSeen(
        layer.kind if layer is not None else "loop over steps",
        0,
        "the loss",
        tape.shape(slot),
        meetings[0].call.location,
        layers[-1].location if layers else None,
        layer.built_at if layer is not None else None,
    )


def _tokens(laboratory: Laboratory, meeting: Meeting) -> int | None:
    """The last table of whole numbers that both the prediction and the target are made of."""
    tape = laboratory.tape
    both = tape.ancestors(meeting.prediction) & tape.ancestors(meeting.target)
    for slot in sorted(both - tape.learnt, reverse=True):
        value = tape.values[slot]
        if value is not None and value.dtype is torch.int64 and value.dim() == 2:
            return slot
    return None


def _is_read(laboratory: Laboratory, meetings: Sequence[Meeting], slot: int, time: int) -> bool:
    """Does a token move the answer to itself and to the next, but not the one before?

    Far more than rounding: what an encoder has read long ago may hardly move any answer.
    """
    if laboratory.tape.shape(slot)[time] <= _TRIED + 1:
        return False
    asked = _asked_for(laboratory, meetings, slot, time, _TRIED)
    changes = _another(laboratory, slot, time, _TRIED)
    if asked is None:
        return False
    run = laboratory.run(("token", slot, time), changes)
    strongly = [moved_errors(laboratory, m, run, m.prediction, _STRONGLY) for m in meetings]
    if not _meet(strongly, asked):
        return False
    answered = [moved_errors(laboratory, m, run, m.prediction) for m in meetings]
    before = _asked_for(laboratory, meetings, slot, time, _TRIED - 1)
    after = _asked_for(laboratory, meetings, slot, time, _TRIED + 1)
    if before is None or after is None:
        return False
    return _any(before) and _meet(answered, after) and not _meet(answered, before)


def _asked_for(
    laboratory: Laboratory, meetings: Sequence[Meeting], slot: int, time: int, step: int
) -> Errors | None:
    """The errors whose target is a copy of the token at this step; None where it is no copy."""
    changes, old = _another(laboratory, slot, time, step), laboratory.value(slot)
    ways = {c.number: c for m in meetings for c in laboratory.tape.between(slot, m.target)}
    path = [ways[number] for number in sorted(ways)]
    run = laboratory.part(changes, path) if changes else None
    if run is None or old is None:
        return None
    new = run.values[slot]
    with quietly():
        token, other = old[new != old], new[new != old]
    for meeting in meetings:
        target, after = laboratory.value(meeting.target), run.value(meeting.target)
        moved = laboratory.moved(run, meeting.target)
        if moved is None or target is None or after is None or target.dtype is not old.dtype:
            return None
        if not bool((target[moved] == token).all() and (after[moved] == other).all()):
            return None
    return [moved_errors(laboratory, m, run, m.target) for m in meetings]


def _another(laboratory: Laboratory, slot: int, time: int, step: int) -> dict[int, Value]:
    """For one token of the first sample another one that the data holds; nothing without one."""
    value = laboratory.value(slot)
    if value is None:
        return {}
    place = (0, step) if time == 1 else (step, 0)
    with quietly():
        others = value[value != value[place]]
        after = value.detach().clone()
        if len(others):
            after[place] = others[0]
    return {slot: after} if len(others) else {}


def _any(errors: Errors) -> bool:
    return any(mask is not None and bool(mask.any()) for mask in errors)


def _meet(ones: Errors, others: Errors) -> bool:
    """True where an error is among both."""
    pairs = zip(ones, others, strict=True)
    return any(a is not None and b is not None and bool((a & b).any()) for a, b in pairs)
