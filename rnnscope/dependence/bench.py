"""What moves when one slice of an input changes: seen on the tape of one forward pass.

The module itself is not run: the tape is, on several draws, since a dead unit hides what it would
pass on. In the first draw inputs and parameters are as they were given, in the others measured
inputs are drawn anew and parameters are as training might leave them; in one all are positive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from math import prod
from typing import Any

import torch
from torch import Tensor

from rnnscope.dependence import values
from rnnscope.dependence.passes import Pass
from rnnscope.experiments.calm import without_dropout
from rnnscope.experiments.replay import ReplayError, quietly, replay
from rnnscope.recording.nest import tensors_in
from rnnscope.recording.tape import Call

DRAWS = 4  # of other parameters: a unit that is dead in one is alive in another
_WORK = 60_000  # calls on a few numbers: some seconds
_HEAVY = 2_000  # a run of which two draws are enough
Masks = list[Tensor | None]  # for each result what moved, None where that cannot be compared


class Bench:
    """The tape of one pass; inputs and results are counted from 0."""

    def __init__(self, done: Pass, inputs: Any, draws: int = DRAWS) -> None:
        assert done.taping is not None
        self.tape = done.taping.tape
        known = done.taping.writer.known
        self.inputs = tuple(range(len(list(tensors_in(inputs)))))  # slots: they were written first
        self.results = tuple(known(tensor) for tensor in done.named.values())
        self.generator = torch.Generator().manual_seed(0)
        draws = min(draws, 2) if self.work > _HEAVY else draws
        self.draws = [draw for n in range(draws) if (draw := self._draw(n)) is not None]

    @cached_property
    def work(self) -> float:
        """What one run of the tape costs, in calls on a few numbers."""
        return 1 + sum(map(self._work_of, self.tape.calls))

    def _work_of(self, call: Call) -> float:
        """A call itself, the numbers that it makes, and what its weights are multiplied by."""
        made = max((prod(self.tape.shape(slot)) for slot in call.results), default=0)
        last = max((self.tape.shape(slot)[-1:] or (1,) for slot in call.results), default=(1,))[0]
        learnt = self.tape.parameters.intersection(call.inputs)
        weights = sum(prod(self.tape.shape(slot)) for slot in learnt)
        return 1 + made / 1e4 + weights * made / max(last, 1) / 3e5

    @property
    def most(self) -> int:
        """How many indices of an axis may be tried, so that all of it takes some seconds."""
        axes = sum(self.given(number).dim() for number in self.inputs)
        return max(4, min(32, int(_WORK / (self.work * DRAWS * max(axes, 1)))))

    @property
    def held(self) -> frozenset[int]:
        """Inputs whose values Python has read: what it did with them is not on the tape."""
        return frozenset(n for n in self.inputs if n in self.tape.looked_at)

    def _draw(self, number: int) -> tuple[dict[int, Tensor], list[Tensor | None]] | None:
        """Changes to begin with, and the results that they give."""
        changes: dict[int, Tensor] = {}
        if number:
            changes |= {n: values.drawn(self.given(n), self.generator) for n in self.inputs}
            for slot in sorted(self.tape.parameters - set(self.inputs)):
                value = self.tape.values[slot]
                if value is not None and value.requires_grad and value.is_floating_point():
                    changes[slot] = values.noisy(value.detach(), self.generator)
        if number == 2:  # where all is positive, no unit of a ReLU is dead
            measured = [n for n, value in changes.items() if values.is_measured(value)]
            changes |= {n: changes[n].abs() for n in measured}
        found = self.run(changes)
        return None if found is None else (changes, found)

    def given(self, number: int) -> Tensor:
        """An input as it was recorded."""
        value = self.tape.values[self.inputs[number]]
        assert value is not None
        return value.detach()

    def run(self, changes: Mapping[int, Tensor], calm: bool = False) -> list[Tensor | None] | None:
        """The results after some changes; None where the tape cannot be run with them.

        What was drawn is drawn again as it was; ``calm`` leaves out dropout.
        """
        adapt = without_dropout if calm else None
        volatile = self.tape.volatile  # what a call changes in place is given as a copy
        changes = {slot: v.clone() if slot in volatile else v for slot, v in changes.items()}
        try:
            with quietly():
                done = replay(self.tape, changes, faithful=True, full=True, adapt=adapt)
                return [None if slot is None else done.value(slot) for slot in self.results]
        except ReplayError:
            return None

    def column(self, number: int, axis: int, index: int, draws: int = DRAWS) -> Masks:
        """What moves in each result with one slice of an input, in any draw."""
        found: Masks = [None] * len(self.results)
        for changes, base in self.draws[:draws]:
            before = changes.get(number, self.given(number))
            changed = values.with_slice(before, axis, index, self.generator)
            after = self.run({**changes, number: changed})
            for place, mask in enumerate(_masks(base, after or [])):
                known = found[place]
                found[place] = mask if known is None or mask is None else known | mask
        return found

    def follows(self, places: Mapping[int, int], result: int, axis: int) -> bool:
        """True when permuting these axes of the inputs permutes an axis of a result."""
        size = self.given(next(iter(places))).shape[next(iter(places.values()))]
        order = torch.randperm(size, generator=self.generator)
        if torch.equal(order, torch.arange(size)):
            order = order.flip(0)
        for changes, _ in self.draws[:2]:
            moved = {
                n: _ordered(changes.get(n, self.given(n)), a, order) for n, a in places.items()
            }
            runs = self.run(changes, calm=True), self.run({**changes, **moved}, calm=True)
            before, after = (None if run is None else run[result] for run in runs)
            if before is None or after is None:
                return False
            if not values.alike(_ordered(before, axis, order), after):
                return False
        return True

    def agrees(self, inputs: Sequence[Tensor], named: Mapping[str, Tensor]) -> bool:
        """True when the tape gives, for these inputs, what the module itself has given."""
        after = self.run(dict(zip(self.inputs, inputs, strict=True)))
        if after is None or len(after) != len(named):
            return False
        pairs = zip(after, named.values(), strict=True)
        return all(mine is not None and values.alike(mine, real) for mine, real in pairs)


def _ordered(value: Tensor, axis: int, order: Tensor) -> Tensor:
    return value.index_select(axis, order.to(value.device))


def _masks(
    base: Sequence[Tensor | None], after: Sequence[Tensor | None]
) -> Iterator[Tensor | None]:
    for before, now in zip(base, after, strict=False):
        same = before is not None and now is not None and before.shape == now.shape
        yield values.moved(before, now) if same and before is not None and now is not None else None
