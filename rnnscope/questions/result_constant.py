"""Is there a result that nothing can move, since it was compared with others and there are none?

A softmax over one number is 1, whatever the number is. A product with zero cannot be moved either,
and may be meant: here only results count that would move if there were two along some axis.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch

from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.replay import Run, Value, quietly
from rnnscope.findings import Location
from rnnscope.recording.tape import RECURRENT_KERNELS, Call, Tape
from rnnscope.subjects.facts import ResultConstant

_NEAR = 4  # calls: a softmax by hand is a maximum, a difference, a sum and a quotient
_DRAWS = 2  # of other values: what two of them leave as it is no other one moves
_ROUNDING = 1e-7  # a logarithm of one number by hand; what moves at all moves by more
_Place = tuple[Location | None, str]


@dataclass(slots=True)
class ConstantResults:
    """What was constant wherever it was made: a history has one step when it begins."""

    _held: dict[_Place, ResultConstant] = field(default_factory=dict)
    _moving: set[_Place] = field(default_factory=set)

    def ask(self, laboratory: Laboratory) -> None:
        """Look at one step of training."""
        tape = laboratory.tape
        if tape.loss is None:
            return
        told, known = set[int](), set(self._held) | self._moving
        for call in tape.leading_to(tape.loss):
            place = call.location, call.name
            if tape.learnt.isdisjoint(call.results):
                continue
            if not _is_one_number(tape, call):
                self._moving.add(place)
            elif not told.isdisjoint(call.inputs):
                told.update(call.results)  # made of a constant, it is none of its own
            elif place not in known:
                known.add(place)
                fact = next(_constant(laboratory, call), None)
                self._held |= {place: fact} if fact is not None else {}
            if place in self._held:
                told.update(call.results)

    def end(self) -> Iterator[ResultConstant]:
        """The program is over."""
        yield from (fact for place, fact in self._held.items() if place not in self._moving)


def _is_one_number(tape: Tape, call: Call) -> bool:
    """True where all elements of a result, one at least, are the same number."""
    value = tape.values[call.results[0]]
    if value is None or not value.is_floating_point() or not value.numel() or value.is_sparse:
        return False
    return bool((value == value.flatten()[0]).all())


def _constant(laboratory: Laboratory, call: Call) -> Iterator[ResultConstant]:
    """The proof, by what the nearest calls were given."""
    tape, result = laboratory.tape, call.results[0]
    for given in _nearest(tape, result):
        shape, path = tape.shape(given), tape.between(given, result)
        if 1 not in shape or not tape.volatile.isdisjoint((given, *path[0].results)):
            continue
        if any(call.name in RECURRENT_KERNELS for call in path):
            continue  # what a long sequence has forgotten by its end hardly moves anything
        one = laboratory.value(result)
        others = [laboratory.part({given: _drawn(shape, n)}, path) for n in range(_DRAWS)]
        if one is None or any(run is None or _moved(run, result, one) for run in others):
            continue
        for axis in (n for n, size in enumerate(shape) if size == 1):
            if _moves_with_two(laboratory, given, axis, path, one):
                yield ResultConstant(call.name, shape, axis, float(one.flatten()[0]), call.location)
                return


def _nearest(tape: Tape, slot: int) -> list[int]:
    """What a slot was made of by a few calls, the last first, without parameters."""
    found, last = set[int](), {slot}
    for _ in range(_NEAR):
        makers = (tape.producer[s] for s in last if s in tape.producer)
        last = {s for call in makers for s in call.inputs} - tape.parameters - found
        found |= last
    values = ((s, tape.values[s]) for s in sorted(found, reverse=True))
    return [s for s, value in values if value is not None and value.is_floating_point()]


def _moves_with_two(
    laboratory: Laboratory, given: int, axis: int, path: tuple[Call, ...], one: Value
) -> bool:
    """True where a second element along an axis would have made the result another one."""
    shape = list(laboratory.tape.shape(given))
    shape[axis] = 2
    wider = {given: _drawn(tuple(shape), _DRAWS)}
    run = laboratory.part(wider, path) or laboratory.part(wider, path, _of_two)
    return run is not None and _moved(run, path[-1].results[0], one)


def _of_two(_: Call, args: Any, kwargs: Any) -> tuple[Any, Any]:
    """Arguments that say, or show, that there is one element, with two: as of a layer norm."""

    def doubled(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return value.repeat(2) if value.shape == (1,) else value
        one = isinstance(value, (tuple, list)) and len(value) == 1 and type(value[0]) is int
        return (2,) if one and value[0] == 1 else value

    return tuple(map(doubled, args)), {name: doubled(value) for name, value in kwargs.items()}


def _moved(run: Run, slot: int, one: Value) -> bool:
    after = run.value(slot)
    if after is None:
        return True
    with quietly():
        return not torch.allclose(after.detach(), one.detach().flatten()[0], rtol=0, atol=_ROUNDING)


def _drawn(shape: tuple[int, ...], number: int) -> Value:
    return torch.randn(shape, generator=torch.Generator().manual_seed(number))
