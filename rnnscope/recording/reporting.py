"""Warnings and tracebacks name the lines that they would name had rnnscope not been there."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from types import FrameType
from typing import Any

from rnnscope.frames import is_ours

# torch hands a Python function to a mode through this one: the function itself, then this, then
# the mode, then the function again.
_DETOUR = "handle_torch_function"


def walk_without_ours(original: Any) -> Any:
    """``traceback.walk_tb`` without rnnscope's frames and torch's detour through a mode."""

    def walk(trace: Any) -> Iterator[Any]:
        entries = []
        while trace is not None:
            entries.append(trace)
            trace = trace.tb_next
        kept = set(map(id, users_entries(entries)))
        for entry, walked in zip(entries, original(entries[0] if entries else None), strict=False):
            if id(entry) in kept:
                yield walked

    return walk


def users_entries(entries: list[Any]) -> list[Any]:
    """The entries of a traceback that there would be without rnnscope."""
    kept: list[Any] = []
    for number, entry in enumerate(entries):
        code = entry.tb_frame.f_code
        if is_ours(code):
            continue
        if code.co_name == _DETOUR and _is_repeated(entries, number):
            if kept:
                del kept[-1]
            continue
        kept.append(entry)
    return kept


def _is_repeated(entries: list[Any], number: int) -> bool:
    """The function before the detour comes again behind it, as it ran in the end."""
    behind = [e for e in entries[number + 1 :] if not is_ours(e.tb_frame.f_code)]
    before = entries[number - 1] if number else None
    if before is None or not behind:
        return False
    return behind[0].tb_frame.f_code is before.tb_frame.f_code


def stack_without_ours(original: Any) -> Any:
    """``traceback.walk_stack`` without rnnscope's frames."""

    def walk(frame: FrameType | None) -> Iterator[Any]:
        if frame is None:
            frame = sys._getframe(1)
            while frame is not None and frame.f_code.co_filename.endswith("traceback.py"):
                frame = frame.f_back
        for found, line in original(frame):
            if not is_ours(found.f_code):
                yield found, line

    return walk


def is_issued_again(message: Any) -> bool:
    """True for a warning that names rnnscope's mode: it is issued again, at the user's line.

    torch finds the user's line by counting frames, and meets the mode. Python's filters and its
    once-per-line rule then decide about the line that it should name.
    """
    frame = _caller_of_ours() if _is_ours(message.filename) else None
    if frame is None:
        return False
    warnings.warn_explicit(
        message.message,
        message.category,
        frame.f_code.co_filename,
        frame.f_lineno,
        frame.f_globals.get("__name__"),
        frame.f_globals.setdefault("__warningregistry__", {}),
    )
    return True


def _is_ours(filename: str) -> bool:
    return filename.replace("\\", "/").endswith("rnnscope/recording/mode.py")


def _caller_of_ours() -> FrameType | None:
    """Who called the function that the mode has passed on, and that now warns."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and not _is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    if frame is None:
        return None
    # Python notes in this frame's module which lines have warned: the user's module shall know.
    frame.f_globals.get("__warningregistry__", {}).clear()
    frame = frame.f_back
    if frame is not None and frame.f_code.co_name == _DETOUR:
        frame = frame.f_back.f_back if frame.f_back else None
    return frame
