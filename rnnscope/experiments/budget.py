"""How long the experiments may take: a share of the time that the program itself has taken."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

SHARE = 0.04  # of the elapsed time: with the recording itself it stays below a twentieth
START = 0.05  # seconds granted at once, so that a mistake of the first step is told early
LAST = 2.0  # seconds granted when the program has ended: nobody waits longer for a prompt
REPLAYS = 12  # whole ones of a step: six for two roots of samples, three for each padded one


class OutOfBudgetError(Exception):
    """Time is up: what has not been asked is asked of a later step, or at the end."""


class OutOfReplaysError(OutOfBudgetError):
    """A question needs more replays than a step is worth: it stays open, others may need none."""


@dataclass(slots=True)
class Budget:
    """Counts the seconds that were spent on experiments against those that were granted."""

    began: float = field(default_factory=time.monotonic)
    spent: float = 0.0
    ended: bool = False
    runs: int = 0  # replays so far

    @property
    def left(self) -> float:
        """Seconds that may still be spent."""
        granted = START + SHARE * (time.monotonic() - self.began) + (LAST if self.ended else 0.0)
        return granted - self.spent
