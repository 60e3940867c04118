"""A run of a user's script with rnnscope watching it: what it found, and how the script ended."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnnscope.errors import RnnscopeError
from rnnscope.failures import text_of
from rnnscope.findings import Finding
from rnnscope.results import Outcome, Result
from rnnscope.running.execution import Ended, execute
from rnnscope.running.import_hook import when_imported
from rnnscope.running.script import Target

if TYPE_CHECKING:
    from rnnscope.gating import Gates


@dataclass(frozen=True, slots=True)
class RunResult(Result):
    """What one run found; ``statistics`` and ``gates`` only where they were asked for."""

    script_status: int = 0
    statistics: Mapping[str, Any] | None = None
    gates: Gates | None = None

    @property
    def status(self) -> int:
        """1 when a finding counts, otherwise the status of the script itself."""
        return 1 if self.counted else self.script_status

    def to_dict(self) -> dict[str, Any]:
        """The keys of a Result, the script's own status, and the statistics."""
        data = Result.to_dict(self)
        data["outcome"]["status"] = self.script_status
        if self.gates is not None:
            data["gates"] = self.gates.to_dict()["gates"]
        return {**data, "statistics": dict(self.statistics)} if self.statistics else data


@dataclass(frozen=True, slots=True)
class Watching:
    """How a run is watched: with experiments or not, with its gates, and how many of its steps.

    ``on_errors`` is told of errors as soon as they are certain; what it raises ends the script.
    """

    probe: bool = True
    gates: bool = False
    steps: int | None = None
    every_step: bool = False
    on_errors: Callable[[tuple[Finding, ...]], None] | None = None


class Supervision:
    """One run under watch: begins to watch when the script imports torch, not before."""

    def __init__(self, how: Watching) -> None:
        self.how = how
        self.seen: Any = None
        self._watching = ExitStack()

    def begin(self) -> None:
        """Start to watch; torch is there by now."""
        from rnnscope.recording.recorder import RECORDER
        from rnnscope.selection import Selection
        from rnnscope.watching import Watch

        RECORDER.limit, RECORDER.every_step = self.how.steps, self.how.every_step
        watch = Watch(
            Selection.configured(),
            self.how.probe,
            gates=self.how.gates,
            reporter=True,
            on_errors=self.how.on_errors,
        )
        self.seen = self._watching.enter_context(watch)

    def end(self, exception: BaseException | None) -> None:
        """Stop watching, with what the script raised: the live call of the layer that failed."""
        kind = type(exception) if exception else None
        trace = exception.__traceback__ if exception else None
        self._watching.__exit__(kind, exception, trace)

    def result(self, ended: Ended) -> RunResult:
        """Everything found so far."""
        raised = ended.exception
        outcome = Outcome(type(raised).__name__, text_of(raised)) if raised else Outcome()
        if self.seen is None:  # the script got nowhere near torch
            return RunResult(outcome=outcome, script_status=ended.status)
        known = tuple(self.seen.findings)
        version = sys.modules["torch"].__version__
        return RunResult(
            (),
            known,
            version,
            outcome,
            watched=self.seen.summary,
            script_status=ended.status,
            statistics=self.seen.statistics,
            gates=self.seen.gates,
        )


def supervise(
    target: Target, finish: Callable[[RunResult], int], how: Watching | None = None
) -> int:
    """Run the target under watch; ``finish`` gets the result and says the exit status.

    It is called once: at the end, or just before the script calls ``os._exit``; not in a process
    that the script forked. Raises TargetError when there is nothing to run.
    """
    supervision, process = Supervision(how or Watching()), os.getpid()

    def leave(ended: Ended) -> int:
        if os.getpid() != process:
            return ended.status
        try:
            supervision.end(ended.exception)
            return finish(supervision.result(ended))
        except (KeyboardInterrupt, RnnscopeError):
            raise
        except BaseException as error:  # of ours: it may cost the findings, not the script's status
            print(f"rnnscope: no report, by a mistake of its own: {error!r}", file=sys.__stderr__)
            return ended.status

    with ExitStack() as stack:
        stack.callback(when_imported("torch", supervision.begin))
        stack.enter_context(_last_words(lambda status: leave(Ended(status))))
        ended = execute(target)
    return leave(ended)


@contextmanager
def _last_words(speak: Callable[[int], int]) -> Iterator[None]:
    """Speak before ``os._exit`` ends this process."""
    really_exit = os._exit

    def exit_(status: int) -> Any:
        try:
            status = speak(status)
        finally:
            really_exit(status)

    os._exit = exit_
    try:
        yield
    finally:
        os._exit = really_exit
