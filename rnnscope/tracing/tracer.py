"""Tracer: the labels, the mode and the calls of one session, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from rnnscope.config import RNNConfig
from rnnscope.findings import Location
from rnnscope.tracing import loaders, naming
from rnnscope.tracing.following import Follower
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
        self.mode = Tracing(self.table, self.follower, quiet, self.decide)
        self.quiet = quiet

    def patch(self) -> Callable[[], None]:
        """Listen to DataLoaders. Returns how to stop."""
        return loaders.patch(self.table, lambda: True)

    def recurrent(
        self,
        module: nn.Module,
        config: RNNConfig,
        places: tuple[Location | None, Location | None],
        given: Mapping[str, Any],
        result: Any,
    ) -> None:
        """A recurrent layer has run."""
        self.calls.returned(module, config, places, given, result)
        event = naming.unpacking(config, places[0])
        if event is not None:
            self.report(event)
        if len(self.calls.records) > _MOST_RECORDS:
            self.decide(_MOST_RECORDS // 2)

    def decide(self, first: int | None = None) -> None:
        """Report what became of the calls so far, or of the ``first`` ones."""
        records = self.calls.records[:first]
        del self.calls.records[:first]
        for record in records:
            event = usage_of(record)
            if event is not None:
                self.report(event)
            record.read.clear()
