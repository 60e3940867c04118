"""Tracer: the labels, the mode and the calls of one session, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from rnnscope.config import RNNConfig
from rnnscope.findings import Location
from rnnscope.tracing import attribution, loaders, naming, subscripts
from rnnscope.tracing.events import Usage
from rnnscope.tracing.following import Follower
from rnnscope.tracing.labels import CallRecord
from rnnscope.tracing.mode import Tracing
from rnnscope.tracing.places import here
from rnnscope.tracing.recurrent import RecurrentCalls
from rnnscope.tracing.table import LabelTable
from rnnscope.tracing.usage import usage_of

_MOST_RECORDS = 256  # calls whose results may still be used; a loop without backward makes many


class Tracer:
    """Follows the axes of tensors, and reports events when a step of training, or all, is over."""

    def __init__(self, report: Callable[[Any], None], quiet: Callable[[], bool]) -> None:
        self.report = report
        self.table = LabelTable()
        self.follower = Follower(report, lambda: here(5))
        self.calls = RecurrentCalls(self.table, self.follower)
        self.pace = Pace()
        self.mode = Tracing(self.table, self.follower, quiet, self.step_over)
        self.quiet = quiet
        self.users: list[Callable[[CallRecord, Usage], None]] = []  # told of every usage, too

    def patch(self) -> Callable[[], None]:
        """Listen to DataLoaders, warnings and subscripts. Returns how to stop."""
        stops = (
            loaders.patch(self.table, lambda: True),
            attribution.patch(Tracing.__torch_function__.__code__),
            subscripts.patch(Tracing),
        )

        def stop() -> None:
            for one in stops:
                one()

        return stop

    def recurrent(
        self,
        module: nn.Module,
        config: RNNConfig,
        places: tuple[Location | None, Location | None],
        given: Mapping[str, Any],
        result: Any,
    ) -> None:
        """A recurrent layer has run."""
        try:
            self.calls.returned(module, config, places, given, result)
        except Exception as error:  # a mistake of rnnscope's own must not reach the program
            self.mode.statistics.failures[f"{config.kind}: {error!r}"] += 1
        event = naming.unpacking(config, places[0])
        if event is not None:
            self.report(event)
        if len(self.calls.records) > _MOST_RECORDS:
            self.decide(_MOST_RECORDS // 2)

    def step_over(self) -> None:
        """Gradients have been computed: all that this step was going to use has been used."""
        self.pace.steps += 1
        self.decide()

    def decide(self, first: int | None = None) -> None:
        """Report what became of the calls so far, or of the ``first`` ones."""
        records = self.calls.records[:first]
        del self.calls.records[:first]
        for record in records:
            event = usage_of(record)
            if event is not None:
                self.report(event)
                for tell in tuple(self.users):
                    tell(record, event)
            record.read.clear()


class Pace:
    """Which steps of a loop are followed: the first ones, then a few in a row now and then.

    A step ends with ``backward``; where there is none, every so many recurrent calls are one.
    """

    FIRST, WINDOW, PAUSE, CALLS = 32, 4, 2000, 400

    def __init__(self) -> None:
        self.steps = 0
        self.calls = 0
        self.going = True
        self._until = self.FIRST

    def wants(self, novel: bool) -> bool:
        """Asked before each recurrent call; ``novel`` when there was none like it before."""
        self.calls += 1
        if novel:
            self._until = max(self._until, self.steps + self.WINDOW)
        if self.going:
            if self.calls >= self.CALLS:
                self.steps, self.calls = self.steps + 1, 0
            self.going = self.steps < self._until
            self.calls = self.calls if self.going else 0
        elif novel or self.calls >= self.PAUSE:
            self.going, self.calls = True, 0
            self._until = self.steps + self.WINDOW
        return self.going
