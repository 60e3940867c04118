"""How long the questions may take: a share of the time that the program itself has taken.

Processor time of the thread: what is found does not depend on what else the machine is doing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

SHARE = 0.04  # of the program's time: with the recording itself it stays below a twentieth
START = 0.05  # seconds granted at once, so that a mistake of the first step is told early
LAST = 2.0  # seconds granted when the program has ended: nobody waits longer for a prompt
REPLAYS = 12  # whole ones of a step: six for two roots of samples, three for each padded one


class OutOfBudgetError(Exception):
    """Time is up: what has not been asked is asked of a later step, or at the end."""


class OutOfReplaysError(OutOfBudgetError):
    """A question needs more replays than a step is worth: it stays open, others may need none."""


@dataclass(slots=True)
class Budget:
    """Counts the seconds that were spent on questions against those that were granted."""

    began: float = field(default_factory=time.thread_time)
    spent: float = 0.0
    ended: bool = False
    runs: int = 0  # replays so far
    _since: float | None = None

    @contextmanager
    def spending(self) -> Iterator[None]:
        """All that this block does is on the budget: looking at a tape takes time as replays do."""
        self._since = time.thread_time()
        try:
            yield
        finally:
            self.spent, self._since = self.spent + self._running, None

    @property
    def _running(self) -> float:
        return 0.0 if self._since is None else time.thread_time() - self._since

    @property
    def left(self) -> float:
        """Seconds that may still be spent."""
        elapsed = max(0.0, time.thread_time() - self.began)  # another thread has another clock
        granted = START + SHARE * elapsed + (LAST if self.ended else 0.0)
        return granted - self.spent - self._running
