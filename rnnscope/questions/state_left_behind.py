"""Does a loop carry on all of the state that its layer left, from call to call?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch

from rnnscope.experiments.roles import packed_sizes, state_slots
from rnnscope.experiments.starts import begins_from_zeros, left_slots, steps_of
from rnnscope.recording.tape import Call, Tape
from rnnscope.subjects.experiment_results import StuckState

_FEWEST = {"cell": 3, "state": 3, "zeroed": 2, "mask": 1}  # calls in a row: fewer may be chance
_MANY = 5  # different lengths of sequences: pieces of one series would be alike
_LARGEST = 1 << 20  # elements compared by value

States = tuple[torch.Tensor, ...]  # empty where one is not known


@dataclass(slots=True)
class _Loop:
    """The states of a layer's last call, without graphs, and how often in a row each sign was."""

    given: States = ()
    left: States = ()
    signs: Counter[str] = field(default_factory=Counter)
    fresh: int = 0  # calls in training that started from zeros
    carried: int = 0  # calls in training that were given a state
    lengths: set[int] = field(default_factory=set)  # of sequences chained in evaluation


@dataclass(slots=True)
class LeftBehind:
    """Compares the states that each layer is given with those of its call before."""

    _loops: dict[int, _Loop] = field(default_factory=dict)

    def step(self, tape: Tape) -> Iterator[StuckState]:
        """A recorded step is over."""
        outputs: dict[int, int] = {}
        for call in tape.recurrent:
            if call.layer is None or packed_sizes(tape, call) is not None:
                continue
            loop = self._loops.setdefault(call.layer.name, _Loop())
            given = _values(tape, state_slots(call))
            yield from _chained(tape, loop, call, given)
            signs = set(_signs(loop, given))
            if outputs.get(call.layer.name) not in tape.ancestors(call.inputs[0]):
                signs.discard("state")
            for sign, fewest in _FEWEST.items():
                loop.signs[sign] = loop.signs[sign] + 1 if sign in signs else 0
                if loop.signs[sign] == fewest:
                    yield _fact(call, sign, fewest + (sign in ("cell", "state")))
            loop.given = tuple(state.detach() for state in given)
            loop.left = tuple(state.detach() for state in _values(tape, left_slots(call)))
            outputs[call.layer.name] = call.results[0]


def _values(tape: Tape, slots: tuple[int, ...]) -> States:
    known = [value for slot in slots if (value := tape.values[slot]) is not None]
    return tuple(known) if len(known) == len(slots) else ()


def _fact(call: Call, sign: str, times: int) -> StuckState:
    layer = call.layer
    assert layer is not None
    return StuckState(layer.kind, sign, times, layer.given_at or call.location, call.location)


def _signs(loop: _Loop, given: States) -> Iterator[str]:
    """What may be wrong about the states of this call, beside those of the call before."""
    if not given or not len(given) == len(loop.given) == len(loop.left):
        return
    same = list(map(_is_same, given, loop.given))
    left = list(map(_is_same, given, loop.left))
    if all(same):
        yield "state"
    if len(given) != 2:
        return
    if same == [False, True] and left[0]:
        yield "cell"
    elif not left[1] and _is_cell_zeroed(given, loop.left):
        yield "zeroed"
    cleared = left.index(False) if sum(left) == 1 else None
    if cleared is not None and _are_rows_cleared(given[cleared], loop.left[cleared]):
        yield "mask"


def _chained(tape: Tape, loop: _Loop, call: Call, given: States) -> Iterator[StuckState]:
    """Trained on sequences from nothing, evaluated on sequences one after the other."""
    layer, steps = call.layer, steps_of(tape, call)
    if layer is None or "cell" in call.name:
        return
    if layer.training:
        fresh = begins_from_zeros(tape, call)
        loop.fresh += fresh
        loop.carried += not fresh
        return
    goes_on = bool(loop.left) and all(map(_is_same, given, loop.left))
    if goes_on and loop.fresh and not loop.carried and steps > 1:
        loop.lengths.add(steps)
        if len(loop.lengths) == _MANY:
            yield StuckState(layer.kind, "chain", _MANY, layer.called_at, call.location)


def _is_same(now: torch.Tensor, before: torch.Tensor) -> bool:
    """True for the same memory, which nothing was written to."""
    if now.data_ptr() != before.data_ptr() or now.numel() != before.numel():
        return False
    return now.is_inference() or before.is_inference() or now._version == before._version


def _is_cell_zeroed(given: States, left: States) -> bool:
    """h is the one that was left, detached perhaps or copied; c is made of zeros instead."""
    (h, c), (h_left, c_left) = given, left
    if h.shape != h_left.shape or h.device != h_left.device or h.numel() > _LARGEST:
        return False
    if c.requires_grad:
        return False  # it is learnt
    goes_on = (_is_same(h, h_left) or torch.equal(h, h_left)) and bool(h_left.any())
    return goes_on and bool(c_left.any()) and not bool(c.any())


def _are_rows_cleared(now: torch.Tensor, before: torch.Tensor) -> bool:
    """True for a state as it was left, but for rows that are zero now."""
    if now.shape != before.shape or now.numel() > _LARGEST:
        return False
    rows, were = now.flatten(0, -2), before.flatten(0, -2)
    zero, nonzero = (rows == 0).all(1), (were != 0).any(1)
    cleared = bool((zero & nonzero).any()) and bool((~zero).any())
    return cleared and torch.equal(rows[~zero], were[~zero])
