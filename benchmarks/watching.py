"""A training step watched and unwatched: the steps of benchmarks/watch.py as ratios."""

from __future__ import annotations

from collections.abc import Callable

import rnnscope
from benchmarks.ratio import Ratio, repeated
from benchmarks.watch import tiny, usual


def ratios() -> list[Ratio]:
    """A usual step and a tiny one, both warm."""
    return [
        watched("training step, LSTM(128, 256, 2): watched / not", usual(), 1, 1.05),
        watched("training step, LSTM(10, 20): watched / not", tiny(), 50, 1.6),
    ]


def watched(name: str, run: Callable[[], None], times: int, at_most: float) -> Ratio:
    """The same steps under watch; entering it is part of the time, as a loop pays it once."""
    many = repeated(run, times)

    def under_watch() -> None:
        with rnnscope.watch():
            many()

    return Ratio(name, under_watch, many, at_most)
