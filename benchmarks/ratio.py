"""Ratio: a subject and a baseline that take turns, and what was promised of the two.

Each module of this package has ``ratios() -> list[Ratio]``; ``benchmarks.run`` measures them all.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Ratio:
    """``subject`` and ``baseline`` are called in turns; the subject may take ``at_most`` times
    the baseline's time. ``rounds`` is how often; one more round first warms both up. What returns
    a float has taken the time itself, of the part that counts.

    ``checked`` is False for a ratio that is only reported, of which nothing was promised.
    """

    name: str
    subject: Callable[[], object]
    baseline: Callable[[], object]
    at_most: float
    rounds: int = 15
    checked: bool = True

    def measure(self, rounds: int | None = None) -> Measured:
        """Run both in turns, so that a busy machine slows both alike."""
        times: dict[str, list[float]] = {"subject": [], "baseline": []}
        for turn in range((rounds or self.rounds) + 1):
            for name, run in (("subject", self.subject), ("baseline", self.baseline)):
                start = time.perf_counter()
                own = run()
                if turn:
                    whole = time.perf_counter() - start
                    times[name].append(own if isinstance(own, float) else whole)
        pairs = zip(times["subject"], times["baseline"], strict=True)
        return Measured(
            self.name,
            statistics.median(times["subject"]),
            statistics.median(times["baseline"]),
            sorted(one / other for one, other in pairs),
            self.at_most,
            self.checked,
        )


@dataclass(frozen=True)
class Measured:
    """Median seconds of both, and the ratio of every round, sorted."""

    name: str
    subject: float
    baseline: float
    rounds: list[float] = field(repr=False)
    at_most: float
    checked: bool = True

    @property
    def ratio(self) -> float:
        """The median of the rounds' own ratios: a slow moment of the machine hits both sides."""
        return statistics.median(self.rounds)

    @property
    def spread(self) -> tuple[float, float]:
        """The first and the third quartile of the rounds' ratios."""
        quartiles = statistics.quantiles(self.rounds, n=4)
        return quartiles[0], quartiles[2]

    @property
    def kept(self) -> bool | None:
        """Was the promise kept? None where nothing was promised."""
        return self.ratio <= self.at_most if self.checked else None

    def to_dict(self) -> dict[str, object]:
        return {**asdict(self), "ratio": self.ratio, "spread": self.spread, "kept": self.kept}


def process(*words: str) -> Callable[[], object]:
    """A run of ``python WORDS`` in a process of its own, its output thrown away."""

    def run() -> None:
        done = subprocess.run([sys.executable, *words], capture_output=True, text=True)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"{words}: {done.stderr}")

    return run


def repeated(run: Callable[[], object], times: int) -> Callable[[], object]:
    """The same run so often that the clock can tell."""

    def many() -> None:
        for _ in range(times):
            run()

    return many
