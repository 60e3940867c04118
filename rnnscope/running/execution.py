"""Run a script or a module exactly as ``python`` would, and keep how it ended.

The script gets its own ``sys.argv``, ``__main__`` and ``sys.path[0]``; its traceback is printed as
Python prints it. rnnscope takes the process over for it: atexit functions, threads and pickles of
the script's classes find the script's ``__main__`` until the process ends.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass

from rnnscope.frames import without_ours
from rnnscope.running.script import Target, main_module, prepare, take_path

INTERRUPTED = 130  # 128 + SIGINT, as shells report it


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: the exception that left the script, if any, and its exit status."""

    status: int = 0
    exception: BaseException | None = None

    @property
    def interrupted(self) -> bool:
        return isinstance(self.exception, KeyboardInterrupt)


def execute(target: Target) -> Ended:
    """Run the target in this process to its end, non-daemon threads included.

    A traceback goes to ``sys.excepthook``, a SystemExit text to standard error, as Python does it.
    Raises TargetError before anything of the target ran.
    """
    take_path(target)
    sys.argv[:] = [target.name, *target.arguments]
    sys.modules["__main__"] = main_module(target)
    run = prepare(target)
    endings: list[Ended] = []
    atexit.register(_die_of_interrupt, endings)  # before the script's own, and so called after
    endings.append(_run_to_end(run))
    _shut_down_threads()
    return endings[0]


def _run_to_end(run: Callable[[], None]) -> Ended:
    # One more is for the exec above the script, which Python counted until 3.11.
    sys.setrecursionlimit(2 * sys.getrecursionlimit() - _room() + 1)
    try:
        run()
    except SystemExit as exit_:
        return Ended(exit_status(exit_))
    except BaseException as exception:
        show(exception)
        interrupted = isinstance(exception, KeyboardInterrupt)
        return Ended(INTERRUPTED if interrupted else 1, exception)
    return Ended()


def _room(depth: int = 0) -> int:
    """How many calls deeper one can go: what is missing to the limit is rnnscope below a script."""
    try:
        return _room(depth + 1)
    except RecursionError:
        return depth


def _die_of_interrupt(endings: list[Ended]) -> None:
    """End an interrupted run as Python does: by the signal, once everything at exit has run."""
    if endings and endings[0].interrupted:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None and not stream.closed:
                stream.flush()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)


def exit_status(exit_: SystemExit) -> int:
    """The status of a process that ends with this SystemExit; a text is printed, as Python does."""
    if exit_.code is None:
        return 0
    if isinstance(exit_.code, int):
        return exit_.code & 0xFF
    print(exit_.code, file=sys.stderr or sys.__stderr__)
    return 1


def show(exception: BaseException) -> None:
    """Print the traceback as Python would without rnnscope, through the user's own excepthook."""
    _strip(exception, set())
    sys.last_type, sys.last_value = type(exception), exception
    sys.last_traceback = exception.__traceback__
    sys.excepthook(type(exception), exception, exception.__traceback__)


def _strip(exception: BaseException | None, seen: set[int]) -> None:
    if exception is None or id(exception) in seen:
        return
    seen.add(id(exception))
    exception.__traceback__ = without_ours(exception)
    _strip(exception.__cause__, seen)
    _strip(exception.__context__, seen)


def _shut_down_threads() -> None:
    """Do what Python does first when a program ends: pools are told so, then threads are joined."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]
    except BaseException as error:  # Python says so and goes on
        print(f"Exception ignored in: {threading!r}", file=sys.stderr or sys.__stderr__)
        error.__traceback__ = without_ours(error)
        sys.__excepthook__(type(error), error, error.__traceback__)
