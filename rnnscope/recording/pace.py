"""Which steps of a program are recorded: the first, those after anything new, now and then one.

A step ends with ``backward``, or, where nothing is trained, with the end of what belongs together.
Between recorded steps nothing of rnnscope's is in the program's way.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

FIRST = 8  # a state that is carried wrongly shows after three steps, an odd last batch after some
FEWEST = 3  # steps that are recorded of any program: what is so in three is no chance
BUSY = 600  # recorded calls after which the first steps of a long loop are enough
CALLS = 96  # calls of recurrent layers without gradients that are one look at an inference loop
CALLS_OF_TAPE = 20_000  # torch calls of one tape; a longer step is cut
NOVEL = 2  # steps that are recorded after something new was seen
FOLLOWED = 64  # steps of a state that goes on, until its data begin again: short epochs end by then


@dataclass(slots=True)
class Pace:
    """Counts steps, and says for each whether it is recorded."""

    every_step: bool = False
    limit: int | None = None  # record this many steps, then never again
    steps: int = 0
    recorded: int = 0
    _wanted: int = FIRST
    _inferences: int = 0
    _calls: int = 0
    _alone: bool = False  # let go
    _busy: bool = False
    _known: set[Hashable] = field(default_factory=set)

    def next_step(self, was_recorded: bool, calls: int = 0) -> bool:
        """A step of so many calls is over: is the next one recorded?"""
        self.steps += 1
        self.recorded += was_recorded
        self._calls += calls
        if self._calls > BUSY and self.recorded >= FEWEST:
            self._wanted, self._calls, self._busy = self.steps, 0, True
        if self.limit is not None and self.recorded >= self.limit:
            return False
        if self.every_step:
            return True
        later = self.steps >= FIRST and not self._alone and _is_power_of_two(self.steps)
        return later or self.steps < self._wanted

    def let_go(self) -> None:
        """Nothing here is recurrent: no step is recorded, unless the program changes."""
        self._wanted = self.steps
        self._alone = True

    def follow(self) -> None:
        """A state goes on from step to step: see where its data begin again, if that is cheap."""
        if not self._busy and self.steps < FOLLOWED:
            self._wanted = max(self._wanted, self.steps + NOVEL)

    def next_inference(self) -> bool:
        """Something that trains nothing is over: is the next of its kind recorded?"""
        self._inferences += 1
        return self.every_step or self._inferences < FIRST

    def novel(self, what: Hashable) -> bool:
        """Something happened: was it never seen before, so that what follows is recorded?"""
        if what in self._known or (self.limit is not None and self.recorded >= self.limit):
            return False
        if len(self._known) >= CALLS_OF_TAPE:  # a program that generates code is let go
            return False
        self._known.add(what)
        self._wanted = max(self._wanted, self.steps + NOVEL)
        self._alone = False
        self._inferences = min(self._inferences, FIRST - NOVEL)
        return True


def _is_power_of_two(number: int) -> bool:
    """8, 16, 32, …: a mistake that begins late is met, and the cost of looking fades away."""
    return number & (number - 1) == 0
