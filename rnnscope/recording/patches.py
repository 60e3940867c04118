"""Everything that is patched while a watch is open: one row each, installed and taken back as one.

All of it is called once per step or less; what runs for every operation is the mode, and that is
on the stack in recorded steps only.
"""

from __future__ import annotations

import functools
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_pre_hook
from torch.utils.data import dataloader as torch_dataloader

from rnnscope.cells import KINDS
from rnnscope.frames import is_ours, users_location
from rnnscope.recording import reporting
from rnnscope.recording.compiling import in_compiled_code, leave_uncompiled
from rnnscope.recording.user_code import here, users_frame

if TYPE_CHECKING:
    from rnnscope.recording.recorder import Recorder

Wrapper = Callable[[Any], Any]
# What makes a program of a program: its graph and its line numbers must not tell of rnnscope.
_CAPTURES = (
    (torch.jit, "trace"),
    (torch.jit, "trace_module"),
    (torch.jit, "script"),
    (torch.export, "export"),
)
_SCRIPT = torch.jit.script


class Patches:
    """The rows, and what stood in their places."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self._undo: list[Callable[[], None]] = []

    def install(self) -> None:
        """Put every row in place; on any exception none stays."""
        try:
            for owner, name, wrap in rows(self.recorder):
                self._replace(owner, name, wrap)
            handle = register_optimizer_step_pre_hook(_steps(self.recorder))
            self._undo.append(handle.remove)
        except BaseException:
            self.uninstall()
            raise

    def uninstall(self) -> None:
        """Put back what stood there, in reverse order."""
        while self._undo:
            self._undo.pop()()

    def _replace(self, owner: object, name: str, wrap: Wrapper) -> None:
        if not hasattr(owner, name):
            return  # another version of Python or torch
        inherited = isinstance(owner, type) and name not in vars(owner)
        original = getattr(owner, name) if inherited else vars(owner)[name]
        replacement = wrap(original)
        leave_uncompiled(replacement.__code__)
        setattr(owner, name, replacement)

        def undo() -> None:
            now = getattr(owner, name) if inherited else vars(owner).get(name)
            if now is not replacement:
                return  # somebody has put a wrapper of theirs around it, as torch._dynamo does
            if inherited:
                delattr(owner, name)
            else:
                setattr(owner, name, original)

        self._undo.append(undo)


def rows(recorder: Recorder) -> list[tuple[Any, str, Wrapper]]:
    """(where, what, with what): the whole table."""
    loader: Any = torch_dataloader._BaseDataLoaderIter
    return [
        *((getattr(nn, kind), "__init__", _construction(recorder, kind)) for kind in KINDS),
        (torch.autograd, "backward", _backward(recorder, always=True)),
        (torch.autograd, "grad", _backward(recorder, always=False)),
        *((owner, name, _capture(recorder)) for owner, name in _CAPTURES),
        (torch.no_grad, "__enter__", _novelty(recorder)),
        (torch.inference_mode, "__enter__", _novelty(recorder)),
        (nn.Module, "train", _novelty(recorder)),
        (nn.Module, "eval", _novelty(recorder)),
        (loader, "__next__", _batch(recorder)),
        (torch.optim.Optimizer, "zero_grad", _cleared(recorder)),
        (nn.Module, "zero_grad", _cleared(recorder)),
        (torch.optim.Optimizer, "__init__", _announced(recorder, "optimizer_built")),
        (nn.DataParallel, "__init__", _announced(recorder, "scattered")),
        (threading.Thread, "_bootstrap_inner", _thread(recorder)),
        (warnings, "_showwarnmsg", _warning(recorder)),
        (traceback, "walk_tb", reporting.walk_without_ours),
        (traceback, "_walk_tb_with_full_positions", reporting.walk_without_ours),
        (traceback, "walk_stack", reporting.stack_without_ours),
    ]


def _construction(recorder: Recorder, kind: str) -> Wrapper:
    def wrap(original: Any) -> Any:
        @functools.wraps(original)
        def construct(module: nn.Module, *args: Any, **kwargs: Any) -> None:
            try:
                original(module, *args, **kwargs)
            except BaseException as error:
                _forget_this_frame(error)
                raise
            if in_compiled_code():
                return
            place = here(1)
            if place is not None:
                recorder.built_at[module] = place
            recorder.novelty(("built", place))
            recorder.heard("constructed", kind, module, args, kwargs)

        return construct

    return wrap


def _backward(recorder: Recorder, always: bool) -> Wrapper:
    """What ends a step: ``backward``, and ``grad`` where it is asked for those of parameters."""

    def wrap(original: Any) -> Any:
        @functools.wraps(original)
        def backward(tensors: Any, *args: Any, **kwargs: Any) -> Any:
            if in_compiled_code() or not (always or _trains(args, kwargs)):
                return original(tensors, *args, **kwargs)
            recorder.backward_begins(tensors)
            try:
                with nullcontext() if always else recorder.away():
                    return original(tensors, *args, **kwargs)
            except BaseException as error:
                _forget_this_frame(error)
                raise
            finally:
                recorder.backward_ended()

        return backward

    return wrap


def _trains(args: Any, kwargs: Any) -> bool:
    """True for gradients of parameters of which no further gradient will be taken."""
    names = ("inputs", "grad_outputs", "retain_graph", "create_graph")
    named = dict(zip(names, args, strict=False)) | kwargs
    inputs = named.get("inputs")
    several = inputs if isinstance(inputs, (tuple, list)) else [inputs]
    return not named.get("create_graph") and any(isinstance(i, nn.Parameter) for i in several)


def _novelty(recorder: Recorder) -> Wrapper:
    """What begins an evaluation, or another phase: new where the user's line is new."""

    def wrap(original: Any) -> Any:
        @functools.wraps(original)
        def enter(self: Any, *args: Any) -> Any:
            if in_compiled_code():
                return original(self, *args)
            frame = sys._getframe(1)
            if users_frame(frame) is frame:
                recorder.novelty((frame.f_code, frame.f_lasti))
            return original(self, *args)

        return enter

    return wrap


def _steps(recorder: Recorder) -> Any:
    def step(optimizer: object, *_: object) -> None:
        if not in_compiled_code():
            recorder.heard("optimizer_steps", optimizer)

    return step


def _announced(recorder: Recorder, event: str) -> Wrapper:
    def wrap(original: Any) -> Any:
        @functools.wraps(original)
        def construct(built: Any, *args: Any, **kwargs: Any) -> None:
            try:
                original(built, *args, **kwargs)
            except BaseException as error:
                _forget_this_frame(error)
                raise
            if in_compiled_code():
                return
            recorder.heard(event, built, *([args, kwargs] if event == "scattered" else []))

        return construct

    return wrap


def _thread(recorder: Recorder) -> Wrapper:
    """Threads are recorded like the main one.

    ``Thread.run`` may be anybody's own, so the function below it is wrapped, whose frame is in no
    traceback. Python does not know the thread yet: nothing here may ask for the current one.
    """

    def wrap(original: Any) -> Any:
        def begin(thread: Any) -> None:
            recorder.enter_thread()
            try:
                original(thread)
            finally:
                recorder.leave_thread()

        return begin

    return wrap


def _warning(recorder: Recorder) -> Wrapper:
    def wrap(original: Any) -> Any:
        def show(message: Any) -> None:
            if not reporting.is_issued_again(message):
                place = users_location(2)
                original(message)
                recorder.warnings.append((message.message, message.category, place))

        return show

    return wrap


def _cleared(recorder: Recorder) -> Wrapper:
    def wrap(original: Any) -> Any:
        @functools.wraps(original)
        def zero_grad(owner: Any, *args: Any, **kwargs: Any) -> Any:
            if not in_compiled_code():
                recorder.heard("gradients_cleared", owner)
            return original(owner, *args, **kwargs)

        return zero_grad

    return wrap


def _capture(recorder: Recorder) -> Wrapper:
    def wrap(original: Any) -> Any:
        @functools.wraps(original)
        def capture(*args: Any, **kwargs: Any) -> Any:
            if original is _SCRIPT:  # looks for the caller's own names, so many frames up
                kwargs["_frames_up"] = kwargs.get("_frames_up", 0) + 1
            with recorder.away():
                try:
                    return original(*args, **kwargs)
                except BaseException as error:
                    _forget_this_frame(error)
                    raise

        return capture

    return wrap


def _batch(recorder: Recorder) -> Wrapper:
    def wrap(original: Any) -> Any:
        @functools.wraps(original)
        def following(iterator: Any) -> Any:
            try:
                batch = original(iterator)
            except BaseException as error:
                _forget_this_frame(error)
                raise
            recorder.batch(iterator, batch)
            return batch

        return following

    return wrap


def _forget_this_frame(error: BaseException) -> None:
    """The frame that handles an exception is the first entry of its traceback: take it off."""
    trace = error.__traceback__
    while trace is not None and is_ours(trace.tb_frame.f_code):
        trace = trace.tb_next
    error.__traceback__ = trace
