"""Where predictions meet their targets: found, not named.

A meeting is the first call, after the last use of a parameter, in which something that depends on
parameters is compared with data that does not. Run without its reduction it gives one error for
each prediction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from rnnscope.experiments.alignment import TOLERANCE, changed
from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.replay import ReplayError, Run, call_again, quietly
from rnnscope.recording.tape import Call, Slot, Tape

_MOST = 4  # losses of one step: more are alike
_MOVES = frozenset(
    [
        "index_select",
        "masked_fill",
        "masked_fill_",
        "where",
        "masked_select",
        "masked_scatter",
        "index_add",
        "scatter",
        "_pack_padded_sequence",
        "_pad_packed_sequence",
        "__setitem__",
        "index_put",
        "repeat_interleave",
        "take",
        "expand_as",
        "view_as",
        "reshape_as",
        "type_as",
        "to",
        "copy_",
        "index_copy",
        "scatter_add",
        "__and__",
        "__or__",
    ]
)
CONSTANTS = frozenset(
    [
        "arange",
        "linspace",
        "eye",
        "zeros",
        "ones",
        "full",
        "empty",
        "zeros_like",
        "ones_like",
        "full_like",
        "tril_indices",
    ]
)
_COMPARISONS = frozenset(("eq", "ne", "gt", "lt", "ge", "le", "__eq__", "__ne__"))


@dataclass(frozen=True, slots=True)
class Meeting:
    """A call in which a prediction meets its target; both are slots."""

    call: Call
    prediction: int
    target: int

    @property
    def named(self) -> bool:
        """True for a loss function of torch's."""
        return is_loss(self.call)


def is_loss(call: Call) -> bool:
    """True for torch's loss functions, by their names."""
    return call.name.endswith(("_loss", "cross_entropy", "_with_logits", "kl_div"))


def meetings(tape: Tape) -> tuple[Meeting, ...]:
    """Every meeting on the way to the loss, in order."""
    if tape.loss is None:
        return ()
    path = tape.leading_to(tape.loss)
    found = [meeting for call in path for meeting in _of(tape, call, tape.learnt)]
    named = [meeting for meeting in found if meeting.named]
    first = list(_first(tape, named or [m for m in found if not _is_mask(tape, m.target)]))
    return tuple(first[:_MOST])


def _of(tape: Tape, call: Call, depends: frozenset[int]) -> Iterator[Meeting]:
    given = [s for s in call.inputs if s in depends and s not in tape.parameters]
    data = [s for s in call.inputs if s not in depends and tape.values[s] is not None]
    if not given or not data or not tape.parameters.isdisjoint(call.inputs):
        return
    if call.name in _COMPARISONS or call.layer is not None or _only_moves(call):
        return
    targets = [s for s in data if _size(tape, s) > 1 and not is_constant(tape, s)]
    if targets:
        yield Meeting(call, given[0], targets[0])


def is_constant(tape: Tape, slot: int) -> bool:
    """True for what no data has gone into: counts, zeros, an identity matrix."""
    made = tape.ancestors(slot)
    makers = (tape.producer[s] for s in made if s in tape.producer)
    begun = [call for call in makers if not call.inputs]
    return made.isdisjoint(tape.sources) and all(call.name in CONSTANTS for call in begun)


def _only_moves(call: Call) -> bool:
    """True where data only says which elements go on: an order, a mask, lengths.

    ``scores[rows, classes]`` is the answer for each class, though.
    """
    if call.name == "__getitem__":
        index = call.args[1]
        return not isinstance(index, tuple) or sum(isinstance(i, Slot) for i in index) < 2
    return call.name in _MOVES


def _first(tape: Tape, found: list[Meeting]) -> Iterator[Meeting]:
    """Those behind which no parameter is used, and that no other one comes before."""
    behind: set[int] = set()
    for meeting in found:
        later = list(tape.path(meeting.call))[1:]
        if any(not tape.parameters.isdisjoint(call.inputs) for call in later):
            continue
        if behind.isdisjoint(meeting.call.inputs):
            yield meeting
        behind.update(slot for call in [meeting.call, *later] for slot in call.results)


def _is_mask(tape: Tape, slot: int) -> bool:
    value = tape.values[slot]
    if value is None or value.dtype is torch.bool:
        return True
    return value.is_floating_point() and bool(((value == 0) | (value == 1)).all())


def _size(tape: Tape, slot: int) -> int:
    value = tape.values[slot]
    return value.numel() if value is not None else 0


def errors(laboratory: Laboratory, run: Run | None, meeting: Meeting) -> torch.Tensor | None:
    """One error for each prediction, in a run, or without changes where there is none.

    What is made of them by arithmetic afterwards, a square or a mean, keeps them apart.
    """
    given = Run(laboratory.tape, laboratory.base, dict(run.values) if run is not None else {})
    reduces = "reduction" in meeting.call.kwargs

    def unreduced(call: Call, args: Any, kwargs: dict[str, Any]) -> tuple[Any, Any]:
        legacy = {name: None for name in ("size_average", "reduce") if name in kwargs}
        return args, kwargs | legacy | {"reduction": "none"}

    try:
        with quietly():
            return call_again(given, meeting.call, False, unreduced if reduces else None)[0]
    except ReplayError:
        return None


def moved_errors(
    laboratory: Laboratory,
    meeting: Meeting,
    run: Run | None,
    slot: int,
    tolerance: float = TOLERANCE,
) -> torch.Tensor | None:
    """The errors that move when the prediction or the target is as in a run, the other one held."""
    base = errors(laboratory, None, meeting)
    if run is None or base is None:
        return None
    value = run.values.get(slot)
    if value is None:
        return torch.zeros(base.shape, dtype=torch.bool)
    after = errors(laboratory, Run(laboratory.tape, laboratory.base, {slot: value}), meeting)
    if after is None or after.shape != base.shape:
        return None
    with quietly():
        return changed(base, after, tolerance)
