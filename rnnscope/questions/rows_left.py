"""Are the rows of what a loop has chosen put in another order, and those of its state not?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import prod

import torch

from rnnscope.experiments.replay import ReplayError, Run, call_again, quietly
from rnnscope.experiments.roles import state_slots
from rnnscope.experiments.starts import left_slots
from rnnscope.recording.tape import Call, Tape
from rnnscope.subjects.facts import RowsLeft


def rows_left(tape: Tape) -> Iterator[RowsLeft]:
    """Loops that choose among rows, as a beam search does, and go on with the states as they were.

    What was chosen before is gathered by an index that the layer's answers have made; each row of
    it then goes on from the state of another one.
    """
    calls: dict[int, list[Call]] = {}
    for call in tape.recurrent:
        if call.layer is not None and state_slots(call):
            calls.setdefault(call.layer.name, []).append(call)
    for own in calls.values():
        earlier: set[int] = set()
        for before, after in pairwise(own):
            fact = _left(tape, before, after, tape.descendants(frozenset(earlier)))
            earlier.update(before.results)
            if fact is not None:
                yield fact
                break


def _left(tape: Tape, before: Call, after: Call, chosen: frozenset[int]) -> RowsLeft | None:
    """``chosen`` is what the calls before these two have made."""
    made, layer = tape.descendants(frozenset(before.results)), after.layer
    read, wanted = tape.ancestors(before.inputs[0]), tape.ancestors(after.inputs[0])
    for state in _as_they_were(tape, before, after):
        for call in tape.calls[before.number : after.number]:
            history = next((s for s in call.inputs if s in read & chosen and s not in made), None)
            if history is None or made.isdisjoint(call.inputs) or wanted.isdisjoint(call.results):
                continue
            order = _order(tape, call, history, state.shape[-2])
            if order is None or _is_equal(state, state.index_select(-2, order.to(state.device))):
                continue
            row = int((order != torch.arange(len(order))).nonzero()[0])
            assert layer is not None
            return RowsLeft(layer.kind, row, int(order[row]), call.location, layer.given_at)
    return None


def _as_they_were(tape: Tape, before: Call, after: Call) -> Iterator[torch.Tensor]:
    """The states that a call begins from just as the call before has left them."""
    for left, given in zip(left_slots(before), state_slots(after), strict=False):
        one, other = tape.values[left], tape.values[given]
        if one is not None and other is not None and one.dim() > 1 and _is_equal(one, other):
            yield one


def _is_equal(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one.numel() == other.numel() and torch.equal(one, other.reshape(one.shape))


def _order(tape: Tape, call: Call, history: int, count: int) -> torch.Tensor | None:
    """From which of ``count`` rows each row of a call's result comes, if it moves whole rows."""
    shape = tape.shape(history)
    axes = next((n for n in range(1, len(shape)) if prod(shape[:n]) == count), None)
    value = tape.values[history]
    if axes is None or value is None:
        return None
    rows = torch.arange(count, device=value.device).reshape(
        *shape[:axes], *[1] * (len(shape) - axes)
    )
    marked = rows.expand(shape).to(value.dtype).contiguous()
    try:
        with quietly():
            moved = call_again(Run(tape, {}, {history: marked}), call, False, None)[0]
            found = moved.reshape(count, -1).long().cpu()
    except (ReplayError, RuntimeError):
        return None
    whole = bool((found == found[:, :1]).all()) and bool((moved == moved.long()).all())
    valid = whole and bool((found >= 0).all()) and bool((found < count).all())
    return found[:, 0] if valid else None
