"""Tracer: the labels, the mode and the calls of one session, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from rnnscope.config import RNNConfig
from rnnscope.findings import Location
from rnnscope.recording.user_code import here
from rnnscope.tracing import naming
from rnnscope.tracing.events import Usage
from rnnscope.tracing.following import Follower
from rnnscope.tracing.labels import CallRecord
from rnnscope.tracing.propagation import Propagation
from rnnscope.tracing.recurrent import RecurrentCalls
from rnnscope.tracing.table import LabelTable
from rnnscope.tracing.usage import usage_of

_MOST_RECORDS = 256  # calls whose results may still be used; a loop without backward makes many


class Tracer:
    """Follows the axes of tensors, and reports events when a step of training, or all, is over."""

    def __init__(self, report: Callable[[Any], None]) -> None:
        self.report = report
        self.table = LabelTable()
        self.follower = Follower(report, here)
        self.calls = RecurrentCalls(self.table, self.follower)
        self.propagation = Propagation(self.table, self.follower)
        self.users: list[Callable[[CallRecord, Usage], None]] = []  # told of every usage, too

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
            self.propagation.statistics.failures[f"{config.kind}: {error!r}"] += 1
        event = naming.unpacking(config, places[0])
        if event is not None:
            self.report(event)
        if len(self.calls.records) > _MOST_RECORDS:
            self.decide(_MOST_RECORDS // 2)

    def step_over(self) -> None:
        """Gradients have been computed: all that this step was going to use has been used."""
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
