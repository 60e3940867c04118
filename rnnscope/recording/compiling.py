"""torch.compile: what it reads becomes a part of the user's graph, so it must not read rnnscope."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from types import CodeType
from typing import Any

import torch

# By this very function torch.compile knows that it is asked.
is_compiling: Callable[[], bool] = torch.compiler.is_compiling

_ask: Callable[[], object] = torch._C._dynamo.eval_frame.get_eval_frame_callback
_UNCOUNTED = tuple(map(int, torch.__version__.split(".")[:2])) < (2, 13)


def _callback() -> object:
    """What reads frames for torch.compile; None while nothing does.

    torch 2.6 gives the answer away without counting it, and before Python 3.12 a process dies once
    every None is given away. Counted once too often, as where a later torch counts, nothing dies.
    """
    found = _ask()
    if _UNCOUNTED:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(found))
    return found


def in_compiled_code() -> bool:
    """True while torch.compile reads code, and while a function that it compiled is running.

    Every Python function that is called then may be compiled, rnnscope's own among them.
    """
    return is_compiling() or _callback() is not None


def leave_uncompiled(code: CodeType) -> None:
    """Frames of this code run as they are, also below a compiled function's graph break."""
    frames: Any = torch._C._dynamo.eval_frame
    if not hasattr(frames, "_FrameAction") and not hasattr(frames, "skip_code"):
        return  # a torch without either compiles nothing below a mode
    if hasattr(frames, "skip_code"):
        frames.skip_code(code)
    elif hasattr(frames, "set_code_exec_strategy"):
        skip, default = frames._FrameAction.SKIP, frames._FrameAction.DEFAULT
        frames.set_code_exec_strategy(code, frames._FrameExecStrategy(skip, default))
