"""A training step watched and unwatched: the steps of benchmarks/watch.py as ratios."""

from __future__ import annotations

import time
from collections.abc import Callable

import rnnscope
from benchmarks.ratio import Ratio
from benchmarks.watch import tiny, usual

WARM = 40  # steps


def ratios() -> list[Ratio]:
    """A usual step and a tiny one, both warm."""
    return [
        watched("training step, LSTM(128, 256, 2): watched / not", usual(), 2, 1.05),
        watched("training step, LSTM(10, 20): watched / not", tiny(), 100, 1.6),
    ]


def watched(name: str, run: Callable[[], None], times: int, at_most: float) -> Ratio:
    """The same steps under watch, warm: after those that are looked at one by one."""

    def timed() -> float:
        start = time.perf_counter()
        for _ in range(times):
            run()
        return time.perf_counter() - start

    def under_watch() -> float:
        with rnnscope.watch(show=False):
            for _ in range(WARM):
                run()
            return timed()

    return Ratio(name, under_watch, timed, at_most)
