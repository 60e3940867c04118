"""The recorder: one installation per process, however many watches are open; they subscribe.

While a step is recorded a function mode is on the thread's stack and writes every torch call on a
tape. Between recorded steps the mode is off, and only what may end the pause is patched (see
``patches``). Nothing is ever set on the user's objects.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from weakref import WeakKeyDictionary

import torch
from torch import nn

from rnnscope.findings import Location
from rnnscope.recording.compiling import in_compiled_code, leave_uncompiled
from rnnscope.recording.pace import Pace
from rnnscope.recording.patches import Patches
from rnnscope.recording.steps import Steps
from rnnscope.recording.subscriber import Subscriber
from rnnscope.recording.user_code import here
from rnnscope.recording.writing import Writer
from rnnscope.unobserved import is_unobserved

Method = TypeVar("Method", bound=Callable[..., None])


def _harmless(method: Method) -> Method:
    """A mistake of rnnscope's own is counted, and never reaches the program."""

    @functools.wraps(method)
    def guarded(self: Recorder, *args: object) -> None:
        try:
            method(self, *args)
        except Exception as error:
            self.failed(method.__name__, error)

    leave_uncompiled(guarded.__code__)  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


class Recorder:
    """Tells its subscribers of everything that is recorded, in whatever thread."""

    def __init__(self) -> None:
        self.subscribers: tuple[Subscriber, ...] = ()
        self.built_at: WeakKeyDictionary[nn.Module, Location] = WeakKeyDictionary()
        self.failures: dict[str, int] = {}  # mistakes of rnnscope's own
        self.warnings: list[tuple[Warning | str, type[Warning], Location | None]] = []
        self.every_step = False
        self.limit: int | None = None
        self._lock = threading.RLock()
        self._threads = threading.local()
        self._patches = Patches(self)

    def subscribe(self, subscriber: Subscriber) -> None:
        """Install for the first subscriber; for every one, look anew at what runs."""
        with self._lock:
            if not self.subscribers:
                self._patches.install()
            self.subscribers = (*self.subscribers, subscriber)
        known = self._steps()
        if known is not None:
            known.pace = Pace(self.every_step, self.limit)

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Take everything away with the last one."""
        with self._lock:
            self.subscribers = tuple(s for s in self.subscribers if s is not subscriber)
            if not self.subscribers:
                self._patches.uninstall()
                self.warnings.clear()

    def _steps(self) -> Steps | None:
        return getattr(self._threads, "steps", None)

    @property
    def writer(self) -> Writer | None:
        """The tape of this thread's step, as far as it has come."""
        steps = self._steps()
        return steps.writer if steps is not None else None

    def enter_thread(self) -> None:
        """Record the current thread, too, until ``leave_thread``."""
        steps = self._steps()
        if steps is None:
            steps = self._threads.steps = Steps(self)
        steps.entered += 1
        steps.wake()

    def leave_thread(self) -> None:
        """The counterpart of ``enter_thread``; what was recorded last is handed on."""
        steps = self._steps()
        if steps is None:
            return
        steps.leave()
        if steps.entered == 0:
            self._threads.steps = None

    def emit(self, event: str, *values: object) -> None:
        """Tell every subscriber; what goes wrong in one is counted."""
        with self._lock:
            for subscriber in self.subscribers:
                try:
                    getattr(subscriber, event)(*values)
                except Exception as error:
                    self.failed(event, error)

    def failed(self, where: str, error: Exception | None = None) -> None:
        """Count a mistake of rnnscope's own, or a step that it cannot record."""
        key = where if error is None else f"{where}: {error!r}"
        self.failures[key] = self.failures.get(key, 0) + 1

    def follow(self) -> None:
        """Record the next step, too, where that is cheap: a state goes on from this one."""
        steps = self._steps()
        if steps is not None:
            steps.pace.follow()

    # ---- what the patches call -------------------------------------------------------------------

    @_harmless
    def heard(self, event: str, *values: object) -> None:
        """Something that is rare enough to be heard at all times."""
        if not (in_compiled_code() or is_unobserved() or torch._C._len_torch_dispatch_stack()):
            with torch._C.DisableTorchFunction():
                self.emit(event, *values)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Record nothing in this block, and be on no stack."""
        steps = self._steps()
        was_on = steps is not None and steps.mode.active
        if steps is not None and was_on:
            steps.mode.sleep()
        try:
            yield
        finally:
            if steps is not None and was_on:
                steps.wake()

    @_harmless
    def novelty(self, what: Hashable) -> None:
        """Something that may be new was met in this thread: if so, record what follows."""
        steps = self._steps()
        if steps is None or in_compiled_code() or is_unobserved():
            return
        steps.boundary()
        if steps.pace.novel(what):
            steps.wake()

    @_harmless
    def batch(self, iterator: object, batch: object) -> None:
        """A DataLoader of this thread hands out a batch."""
        steps = self._steps()
        if steps is not None and not is_unobserved():
            steps.boundary()
            if steps.mode.active:
                steps.batch(iterator, batch)
                self.heard("batch_loaded", iterator, batch)

    @_harmless
    def backward_begins(self, tensors: object) -> None:
        """Gradients are about to be computed: the step is over."""
        if is_unobserved() or in_compiled_code():
            return
        self.heard("backward_begins", here(1))
        steps = self._steps()
        if steps is not None:
            steps.end_step(tensors)

    @_harmless
    def backward_ended(self) -> None:
        """The next step begins."""
        steps = self._steps()
        if steps is not None and not is_unobserved() and not in_compiled_code():
            steps.next_step()


RECORDER = Recorder()
