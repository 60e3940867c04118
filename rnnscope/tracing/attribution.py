"""Warnings of torch's functions keep the user's line, though rnnscope called the function.

torch says ``train.py:30: UserWarning`` by counting frames outward, and meets the frame that passes
each function on. So a warning that names that frame is issued again, at the line that it would
have named, where the user's filters and the once-per-line rule of Python decide about it. What
torch.compile says of modules with global hooks is about rnnscope's hooks, and is not said at all.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

from rnnscope.frames import frame_running

_ABOUT_OUR_HOOKS = r"Using `torch\.compile\(module\)` when there are global hooks"


def patch(passing: CodeType) -> Callable[[], None]:
    """Listen for warnings that name the function with this code. Returns how to stop."""
    shown = warnings.showwarning

    def show(message: Any, category: Any, filename: str, *where: Any, **more: Any) -> None:
        frame = _caller(passing) if filename == passing.co_filename else None
        if frame is None:
            shown(message, category, filename, *where, **more)
        else:
            _issue(message, category, frame)

    def stop() -> None:
        if warnings.showwarning is show:
            warnings.showwarning = shown
        if own in warnings.filters:
            warnings.filters.remove(own)  # type: ignore[attr-defined]

    warnings.showwarning = show
    warnings.filterwarnings("ignore", _ABOUT_OUR_HOOKS)
    own = warnings.filters[0]
    return stop


def _caller(passing: CodeType) -> FrameType | None:
    """Who called the function that was passed on and now warns."""
    frame = frame_running(sys._getframe(1), (passing,))
    if frame is None:
        return None
    # Python forgets which lines have warned in this frame's module: the user's module knows.
    frame.f_globals.get("__warningregistry__", {}).clear()
    frame = frame.f_back
    if frame is not None and frame.f_code.co_name == "handle_torch_function":
        frame = frame.f_back.f_back if frame.f_back else None  # a function that is Python itself
    return frame


def _issue(message: Any, category: Any, frame: FrameType) -> None:
    warnings.warn_explicit(
        message,
        category,
        frame.f_code.co_filename,
        frame.f_lineno,
        frame.f_globals.get("__name__"),
        frame.f_globals.setdefault("__warningregistry__", {}),
    )
