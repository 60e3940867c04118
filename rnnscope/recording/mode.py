"""The function mode of one thread: passes each torch function on as it is, and tells its steps."""

from __future__ import annotations

import sys
from types import FrameType
from typing import TYPE_CHECKING, Any

import torch
from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack

from rnnscope.recording.compiling import in_compiled_code, leave_uncompiled
from rnnscope.recording.functions import Kind, known_as
from rnnscope.unobserved import is_unobserved

if TYPE_CHECKING:
    from rnnscope.recording.steps import Steps


class Mode(TorchFunctionMode):
    """On the thread's stack while a step is recorded, off it between two."""

    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self.steps = steps
        self.gone = False
        self.on = False  # on this thread's stack
        self.paused = False
        self._stack: list[Any] = []

    @property
    def active(self) -> bool:
        """True while what the thread calls is recorded."""
        return self.on and not self.paused

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if in_compiled_code():
            return func(*args, **(kwargs or {}))  # it would become a part of the user's graph
        kwargs = kwargs or {}
        try:
            known = known_as(func)
            if known.kind is Kind.LOOK or known.kind is Kind.BACKWARD:
                return func(*args, **kwargs)
            if self.paused or not self.steps.heard or _is_foreign() or is_unobserved():
                return func(*args, **kwargs)
            begun = self.steps.before(func, known, args, kwargs, sys._getframe(1))
            result = func(*args, **kwargs)
        except BaseException as error:
            # The entry of this very frame is all that the traceback has of rnnscope.
            error.__traceback__ = error.__traceback__.tb_next if error.__traceback__ else None
            raise
        if begun is not None:
            self.steps.after(begun, result)
        return result

    def wake(self) -> bool:
        """Put the mode on this thread's stack, unless it is there, or in a block of the user's.

        True when it was put there.
        """
        self.paused = False
        if self.on or self.gone:
            return False
        stack = _get_current_function_mode_stack()
        if self._stack and not _same(stack, self._stack[:-1]):
            return False  # inside of a mode of the user's, whose end would take ours for its own
        self.__enter__()  # type: ignore[no-untyped-call]
        self._stack = [*stack, self]
        self.on = True
        return True

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


leave_uncompiled(Mode.__torch_function__.__code__)


def _is_foreign() -> bool:
    """True inside jit.trace, functorch and modes of the user's that see every operation.

    Tensors stand for something else there, and what rnnscope computes would be seen.
    """
    return (
        torch._C._len_torch_dispatch_stack() > 0
        or torch._C._get_tracing_state() is not None
        or torch._C._functorch.peek_interpreter_stack() is not None
    )


def _same(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))
