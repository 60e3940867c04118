"""The recorder: one installation per process, however many watches are open; they subscribe.

While a step is recorded a function mode is on the thread's stack and writes every torch call on a
tape. Between recorded steps the mode is off, and only what may end the pause is patched (see
``patches``). Nothing is ever set on the user's objects.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import torch
from torch import nn
from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack

from rnnscope.findings import Location
from rnnscope.recording.compiling import in_compiled_code, leave_uncompiled
from rnnscope.recording.functions import (
    OVERWRITES,
    Kind,
    changed_by,
    changed_secretly,
    kind_of,
    name_of,
    versions,
)
from rnnscope.recording.layers import LayerCall, described, layer_call, mode_of
from rnnscope.recording.loading import is_shuffling, sample_axis
from rnnscope.recording.nest import tensors_in
from rnnscope.recording.pace import CALLS, Pace
from rnnscope.recording.patches import Patches
from rnnscope.recording.tape import Tape
from rnnscope.recording.user_code import Caller, caller, here, place_of, standing_at
from rnnscope.recording.writing import Writer
from rnnscope.unobserved import is_unobserved


class Subscriber:
    """Who wants to hear what is recorded: override what is of interest.

    Called in the user's thread while rnnscope looks away from itself, with the user's own objects:
    look, never change. An exception in a subscriber is counted, and never reaches the program.
    """

    def constructed(
        self, kind: str, module: nn.Module, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> None:
        """A recurrent layer was built."""

    def function_returned(
        self,
        name: str,
        function: object,
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
        result: object,
    ) -> None:
        """A torch function called outside of recurrent layers has returned."""

    def layer_returned(self, call: LayerCall) -> None:
        """A recurrent layer has run."""

    def outermost_returned(self, call: LayerCall) -> None:
        """The outermost module around this call, the last of a recurrent layer in it, has run."""

    def step_ended(self, tape: Tape) -> None:
        """A recorded step is over; parameters are as they were in it."""

    def optimizer_steps(self, optimizer: torch.optim.Optimizer) -> None:
        """An optimizer is about to step."""

    def batch_loaded(self, iterator: object, batch: object) -> None:
        """A DataLoader has handed out a batch."""

    def backward_begins(self, location: Location | None) -> None:
        """Gradients are about to be computed, recorded or not."""

    def gradients_cleared(self, owner: object) -> None:
        """``zero_grad`` of an optimizer or a module is about to run."""

    def optimizer_built(self, optimizer: torch.optim.Optimizer) -> None:
        """An optimizer was built."""

    def scattered(
        self, module: nn.Module, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> None:
        """An nn.DataParallel was built."""


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
    """Writes tapes, and tells its subscribers of everything that is recorded."""

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
        known = self._recording()
        if known is not None:
            known.pace = Pace(self.every_step, self.limit)

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Take everything away with the last one."""
        with self._lock:
            self.subscribers = tuple(s for s in self.subscribers if s is not subscriber)
            if not self.subscribers:
                self._patches.uninstall()
                self.warnings.clear()

    def _recording(self) -> Recording | None:
        return getattr(self._threads, "recording", None)

    @property
    def writer(self) -> Writer | None:
        """The tape of this thread's step, as far as it has come."""
        recording = self._recording()
        return recording.writer if recording is not None else None

    def enter_thread(self) -> None:
        """Record the current thread, too, until ``leave_thread``."""
        recording = self._recording()
        if recording is None:
            recording = self._threads.recording = Recording(self)
        recording.entered += 1
        recording.wake()

    def leave_thread(self) -> None:
        """The counterpart of ``enter_thread``; what was recorded last is handed on."""
        recording = self._recording()
        if recording is None:
            return
        recording.end_step(None)
        recording.entered -= 1
        if recording.entered == 0:
            recording.sleep()
            recording.gone = True
            self._threads.recording = None

    def emit(self, event: str, *values: object) -> None:
        """Tell every subscriber; what goes wrong in one is counted."""
        with self._lock:
            for subscriber in self.subscribers:
                try:
                    getattr(subscriber, event)(*values)
                except Exception as error:
                    self.failed(event, error)

    def failed(self, where: str, error: Exception) -> None:
        """Count a mistake of rnnscope's own."""
        key = f"{where}: {error!r}"
        self.failures[key] = self.failures.get(key, 0) + 1

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
        recording = self._recording()
        was_on = recording is not None and recording.on and not recording.paused
        if recording is not None and was_on:
            recording.sleep()
        try:
            yield
        finally:
            if recording is not None and was_on:
                recording.wake()

    @_harmless
    def novelty(self, what: Hashable) -> None:
        """Something that may be new was met in this thread: if so, record what follows."""
        recording = self._recording()
        if recording is None or in_compiled_code() or is_unobserved():
            return
        recording.boundary()
        if recording.pace.novel(what):
            recording.wake()

    @_harmless
    def batch(self, iterator: object, batch: object) -> None:
        """A DataLoader of this thread hands out a batch."""
        recording = self._recording()
        if recording is not None and not is_unobserved():
            recording.boundary()
            if recording.on and not recording.paused:
                recording.batch(iterator, batch)
                self.heard("batch_loaded", iterator, batch)

    @_harmless
    def backward_begins(self, tensors: object) -> None:
        """Gradients are about to be computed: the step is over."""
        if is_unobserved() or in_compiled_code():
            return
        self.heard("backward_begins", here(1))
        recording = self._recording()
        if recording is not None:
            recording.end_step(tensors)

    @_harmless
    def backward_ended(self) -> None:
        """The next step begins."""
        recording = self._recording()
        if recording is not None and not is_unobserved() and not in_compiled_code():
            recording.next_step()


class Recording(TorchFunctionMode):
    """The mode of one thread: passes each function on as it is, and writes it on the tape."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self.recorder = recorder
        self.entered = 0
        self.gone = False
        self.on = False  # on this thread's stack
        self.paused = False
        self.pace = Pace(recorder.every_step, recorder.limit)
        self.writer = Writer(0)
        self._stack: list[Any] = []
        self._layer: LayerCall | None = None
        self._outer: LayerCall | None = None
        self._layer_calls = 0
        self._calls = 0

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if in_compiled_code():
            return func(*args, **(kwargs or {}))  # it would become a part of the user's graph
        kwargs = kwargs or {}
        try:
            if self.paused or not self.recorder.subscribers or _is_foreign() or is_unobserved():
                return func(*args, **kwargs)
            kind = _kind(func)
            if kind is Kind.LOOK or kind is Kind.BACKWARD:
                return func(*args, **kwargs)
            before = self._before(func, kind, args, kwargs)
            result = func(*args, **kwargs)
        except BaseException as error:
            # The entry of this very frame is all that the traceback has of rnnscope.
            error.__traceback__ = error.__traceback__.tb_next if error.__traceback__ else None
            raise
        if before is not None:
            self._after(func, kind, args, kwargs, before, result)
        return result

    # ---- one call --------------------------------------------------------------------------------

    def _before(self, func: object, kind: Kind, args: object, kwargs: object) -> Any:
        """What must be known of the arguments before the function runs; None: do not record."""
        who = caller(sys._getframe(2))
        if who.optimizer:
            return None
        try:
            with torch._C.DisableTorchFunction():
                return self._prepared(func, kind, args, kwargs, who)
        except Exception as error:
            self.recorder.failed("recording", error)
            return None

    def _prepared(self, func: Any, kind: Kind, args: Any, kwargs: Any, who: Caller) -> Any:
        if self._layer is not None or self._outer is not None:
            self._settle(sys._getframe(3))
        writer = self.writer
        if kind is Kind.READ:
            self._read(func, args)
            return None
        name = name_of(func)
        target = changed_by(name, args, kwargs)
        if target is not None:
            writer.slot(target)
            if name not in OVERWRITES:
                writer.keep_before_change(target)
        place = place_of(who.frame) if who.frame is not None else None
        encoded = (writer.encode(args), writer.encode(kwargs))
        if kind is Kind.KERNEL and who.layer is not None:
            self._layer = layer_call(who.layer, place)
        random = training = None
        if kind is Kind.DRAW:
            training = mode_of(sys._getframe(3))
        if kind is Kind.DRAW or (kind is Kind.KERNEL and _drops(self._layer)):
            random = torch.default_generator.get_state()
        return who, place, encoded, random, training, versions(args, kwargs)

    def _after(
        self, func: object, kind: Kind, args: object, kwargs: object, before: object, result: object
    ) -> None:
        try:
            with torch._C.DisableTorchFunction():
                self._written(func, kind, args, kwargs, before, result)
        except Exception as error:
            self.recorder.failed(name_of(func), error)

    def _written(
        self, func: Any, kind: Kind, args: Any, kwargs: Any, before: Any, result: Any
    ) -> None:
        who, place, encoded, random, training, known = before
        name, layer = name_of(func), None
        if kind is Kind.KERNEL and self._layer is not None and who.layer is self._layer.frame:
            layer = described(self._layer, self.recorder.built_at.get(self._layer.module))
            self._layer.results = list(result) if isinstance(result, tuple) else [result]
        elif self._layer is not None and who.layer is self._layer.frame:
            self._layer.follow(args, result)
        secretly = changed_secretly(name, known, args, kwargs)
        if secretly:
            if any(map(self.writer.is_made, secretly)):
                self.writer.lost[f"{name} changes what it is given"] = None
            return  # gradients that are clipped, say: no part of the step, and never done again
        self.writer.add(
            name, func, args, kwargs, encoded, result, place, kind, random, layer, training
        )
        if who.layer is None:
            self.recorder.emit("function_returned", name, func, args, kwargs, result)
        if self.writer.full:
            self._let_go("a step too large to be recorded")

    def _read(self, func: Any, args: Any) -> None:
        for value in args:
            number = self.writer.known(value) if isinstance(value, torch.Tensor) else None
            if number is not None:
                self.writer.looked_at.add(number)

    # ---- layers ----------------------------------------------------------------------------------

    def _settle(self, frame: FrameType | None) -> None:
        """The recurrent layer that ran may have returned, and the module around it."""
        call = self._layer
        if call is not None and not _runs(call.frame, frame):
            self._layer = None
            if call.results:
                self._layer_returned(call)
        outer = self._outer
        if outer is not None and not _runs(outer.outer_frame, frame):
            self._outer = None
            with standing_at(outer.outer_called_at):
                self.recorder.emit("outermost_returned", outer)

    def _layer_returned(self, call: LayerCall) -> None:
        place = call.place.location if call.place else None
        with standing_at(place), torch.set_grad_enabled(call.grad):
            self.recorder.emit("layer_returned", call)
        self._outer = call
        self._layer_calls += 1
        if not torch.is_grad_enabled() and self._layer_calls >= CALLS:
            self._let_go(None)

    # ---- steps -----------------------------------------------------------------------------------

    def batch(self, iterator: object, batch: object) -> None:
        """The tensors of a batch are sources, however the loader made them."""
        for tensor in tensors_in(batch):
            slot, axis = self.writer.slot(tensor), sample_axis(iterator, tensor)
            self.writer.batches.add(slot)
            if axis is not None:
                self.writer.sample_axes[slot] = axis
        self.writer.shuffled |= is_shuffling(iterator)
        self.writer.loaded_at = here(1)

    def boundary(self) -> None:
        """Something begins that has nothing to do with what ran before, unless it was training."""
        tape = self.writer
        if not self.on or self.paused or tape.trained or not tape.has_layers:
            return
        self.end_step(None)
        if not self.pace.next_inference():
            self.sleep()

    def end_step(self, tensors: object) -> None:
        """Hand the tape on."""
        with torch._C.DisableTorchFunction():
            self._settle(None)
            writer, self.writer = self.writer, Writer(self.pace.steps + 1)
            self._layer_calls = 0
            if not self.on or self.paused or not writer.calls:
                return
            loss = tensors[0] if isinstance(tensors, (tuple, list)) and tensors else tensors
            tape = writer.tape(loss if isinstance(loss, torch.Tensor) else None)
            self._calls = len(tape.calls)
            self.recorder.emit("step_ended", tape)
            if tape.loss is not None and not tape.steps_over_time:
                self.pace.let_go()

    def next_step(self) -> None:
        """Record the step that begins, or not."""
        if self.pace.next_step(self.on and not self.paused, self._calls):
            self.wake()
        else:
            self.sleep()

    def _let_go(self, why: str | None) -> None:
        if why is not None:
            self.writer = Writer(self.pace.steps)
            self.recorder.failures[why] = self.recorder.failures.get(why, 0) + 1
        else:
            self.end_step(None)
            if self.pace.next_inference():
                return
        self.sleep()

    # ---- on and off ------------------------------------------------------------------------------

    def wake(self) -> None:
        """Put the mode on this thread's stack, unless it is there, or in a block of the user's."""
        self.paused = False
        if self.on or self.gone:
            return
        stack = _get_current_function_mode_stack()
        if self._stack and not _same(stack, self._stack[:-1]):
            return  # inside of a mode of the user's, whose end would take ours for its own
        self.writer = Writer(self.pace.steps)
        self.__enter__()  # type: ignore[no-untyped-call]
        self._stack = [*stack, self]
        self.on = True

    def sleep(self) -> None:
        """Take the mode off the stack: now, or as soon as the function that runs has returned."""
        self.paused = True
        if not self.on:
            return
        if self._is_on_top():
            self.__exit__(None, None, None)  # type: ignore[no-untyped-call]
            self.on = False
        elif sys.getprofile() is None:
            sys.setprofile(self._leave)

    def _leave(self, frame: FrameType, event: str, value: object) -> None:
        """A profile function for one moment: the first in which the mode can be taken off."""
        if not self.paused:
            sys.setprofile(None)
        elif self._is_on_top():
            sys.setprofile(None)
            self.__exit__(None, None, None)  # type: ignore[no-untyped-call]
            self.on = False

    def _is_on_top(self) -> bool:
        stack = _get_current_function_mode_stack()
        return bool(stack) and stack[-1] is self


leave_uncompiled(Recording.__torch_function__.__code__)
_kinds: dict[Any, Kind] = {}


def _kind(function: object) -> Kind:
    known = _kinds.get(function)
    if known is None:
        if len(_kinds) > 4096:  # torch has about 1,500; some are made anew at each access
            _kinds.clear()
        known = _kinds[function] = kind_of(function)
    return known


def _is_foreign() -> bool:
    """True inside jit.trace, functorch and modes of the user's that see every operation.

    Tensors stand for something else there, and what rnnscope computes would be seen.
    """
    return (
        torch._C._len_torch_dispatch_stack() > 0
        or torch._C._get_tracing_state() is not None
        or torch._C._functorch.peek_interpreter_stack() is not None
    )


def _runs(frame: FrameType, inside: FrameType | None) -> bool:
    """True while ``frame`` is on the stack below ``inside``."""
    while inside is not None:
        if inside is frame:
            return True
        inside = inside.f_back
    return False


def _drops(call: LayerCall | None) -> bool:
    return call is not None and call.module.training and bool(getattr(call.module, "dropout", 0.0))


def _same(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


RECORDER = Recorder()
