"""A Session: what one watch makes of the recording, until it ends.

It hears of constructions, of calls of recurrent layers and of recorded steps, and hands what they
say to the rules.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import nn

from rnnscope.blame import blamed
from rnnscope.config import RNNConfig
from rnnscope.errors import RnnscopeError
from rnnscope.failures import warning_of
from rnnscope.findings import Finding, Location
from rnnscope.live_calls import LayerCalls, given_to
from rnnscope.probing.histories import Histories
from rnnscope.questions.inquiry import Fact, Inquiry
from rnnscope.recording.layers import LayerCall as RecordedCall
from rnnscope.recording.layers import failed_call
from rnnscope.recording.recorder import RECORDER
from rnnscope.recording.subscriber import Subscriber
from rnnscope.recording.tape import Tape
from rnnscope.recording.threads import runs_alone
from rnnscope.recording.user_code import here, standing_at
from rnnscope.recording.writing import Writer
from rnnscope.state_names import unpacking
from rnnscope.subjects import Construction, Failure, LayerCall
from rnnscope.subjects.facts import StateNames
from rnnscope.summary import WatchSummary

_OF_A_CHILD = 1.0  # seconds: less is no child process that has loaded torch


class Session(Subscriber):
    """``examine`` asks the rules, ``found`` is told what they say, ``settled`` when a step is over.

    ``last_returned`` is the call of a recurrent layer that was recorded last.
    """

    def __init__(
        self,
        examine: Callable[[Any], tuple[Finding, ...]],
        found: Callable[[Finding], None],
        experiments: bool = True,
        settled: Callable[[], None] = lambda: None,
    ) -> None:
        self.examine = examine
        self.found = found
        self.settled = settled
        self.built_at = RECORDER.built_at
        self.last_returned: LayerCall | None = None
        self.calls = LayerCalls(self.built_at, examine)
        self.histories = Histories(self.built_at)
        self.facts: list[Fact] = []
        self.warnings: list[Failure] = []
        self.inquiry = Inquiry(self.facts.append)
        self.experiments = experiments
        self.steps = self.steps_watched = self.recorded = self.calls_recorded = 0
        self.layers: dict[int, str] = {}
        self.named: set[StateNames] = set()

    def begin(self) -> None:
        """Subscribe, and record the current thread."""
        self._children = _seconds_of_children()
        RECORDER.subscribe(self)
        self._warned = len(RECORDER.warnings)

    def end(self) -> None:
        """Leave, and decide what was kept back until now."""
        self.warnings = [warning_of(*shown) for shown in RECORDER.warnings[self._warned :]]
        RECORDER.unsubscribe(self)
        if self.experiments:
            self.inquiry.end()

    @property
    def known_from_all_sides(self) -> bool:
        """True once a step was asked everything, which may show one mistake in several ways."""
        return self.inquiry.has_asked

    @property
    def statistics(self) -> Mapping[str, int]:
        """How much was recorded, and how often it was run again."""
        runs = self.inquiry.budget.runs
        return {"recorded steps": self.recorded, "calls": self.calls_recorded, "replays": runs}

    @property
    def summary(self) -> WatchSummary:
        """What was watched, and what could not be."""
        layers = Counter(self.layers.values())
        return WatchSummary(layers, self.steps_watched, self.steps, tuple(self._notes()))

    def _notes(self) -> Iterator[str]:
        if not self.layers and _seconds_of_children() - self._children > _OF_A_CHILD:
            yield "child processes ran, and nothing in them was watched"
        if self.inquiry.unfaithful:
            yield (
                f"{self.inquiry.unfaithful} recorded steps could not be run again, "
                "and nothing was tried on them"
            )
        if self.inquiry.unasked:
            yield f"no time was left to try {self.inquiry.unasked} recorded steps"
        for place, count in (*RECORDER.failures.items(), *self.inquiry.failures.items()):
            yield f"a mistake of rnnscope's own, {count} times: {place}"

    def report(self, subject: object, findings: tuple[Finding, ...] | None = None) -> None:
        """Let the rules look at a subject, or pass on what they said about its like before."""
        for finding in self.examine(subject) if findings is None else findings:
            self.found(finding)

    def failed_call(
        self, exception: BaseException, writer: Writer | None
    ) -> tuple[LayerCall | None, tuple[Finding, ...]]:
        """The call of a recurrent layer that an exception came out of, and what is wrong there.

        ``writer`` holds the step that it was a part of, where that was recorded.
        """
        call = failed_call(exception)
        if call is None:
            return None, ()
        with standing_at(call.place.location if call.place else None):
            subject, findings = self.calls.of(call.module, call.args, call.kwargs)
        given = given_to(call.module, call.args, call.kwargs)
        return subject, tuple(blamed(finding, given, writer) for finding in findings)

    # ---- what is recorded ------------------------------------------------------------------------

    def constructed(
        self, kind: str, module: nn.Module, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> None:
        """A recurrent layer was built at this line."""
        try:
            config = RNNConfig.of(module)
        except RnnscopeError:
            return
        self.report(Construction(kind, args, dict(kwargs), config, here(1)))

    def layer_returned(self, call: RecordedCall) -> None:
        """A recurrent layer has run."""
        self.layers.setdefault(id(call.module), type(call.module).__name__)
        subject, findings = self.calls.of(call.module, call.args, call.kwargs)
        if subject is not None:
            self.report(subject, findings)
            self.last_returned = subject
        self.histories.layer_returned(call)
        config = self.calls.config(call.module)
        names = unpacking(config, here(1)) if config is not None else None
        if names is not None and names not in self.named:
            self.named.add(names)
            self.report(names)

    def outermost_returned(self, call: RecordedCall) -> None:
        """The outermost module around it has run."""
        self.histories.outermost_returned(call)

    def step_ended(self, tape: Tape) -> None:
        """A recorded step is over: all that it was going to use has been used."""
        self.recorded += 1
        self.calls_recorded += len(tape.calls)
        self.steps_watched += tape.loss is not None
        if self.experiments:
            self.inquiry.step(tape)
            if self.inquiry.carries:
                RECORDER.follow()
        self.settled()

    def optimizer_steps(self, optimizer: torch.optim.Optimizer) -> None:
        """Gradients have been computed."""
        if runs_alone():
            self.histories.optimizer_steps(optimizer)
            self.inquiry.cuts.stepping(optimizer)

    def backward_begins(self, location: Location | None) -> None:
        """Gradients are about to be computed."""
        self.steps += 1
        if runs_alone():
            self.histories.accumulation.backward(location)

    def gradients_cleared(self, owner: object) -> None:
        """``zero_grad`` of an optimizer or a module is about to run."""
        if isinstance(owner, torch.optim.Optimizer):
            self.histories.accumulation.cleared(owner)
        else:
            self.histories.accumulation.cleared_modules()

    def optimizer_built(self, optimizer: torch.optim.Optimizer) -> None:
        """An optimizer was built at this line."""
        self.histories.gradients.built(optimizer, here(1))

    def scattered(
        self, module: nn.Module, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> None:
        """An nn.DataParallel was built."""
        self.histories.scatters.built(module, args, kwargs)


def _seconds_of_children() -> float:
    """What processes of this one have computed so far; nothing where the system does not say."""
    spent = os.times()
    return spent.children_user + spent.children_system
