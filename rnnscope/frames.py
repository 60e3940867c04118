"""Whose code a stack frame is: the user's, or that of Python, torch, a library, rnnscope."""

from __future__ import annotations

import linecache
import os
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from types import CodeType, FrameType, TracebackType

from rnnscope.findings import Location

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_LIBRARY_FOLDERS = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


@cache
def _python_folders() -> tuple[str, ...]:
    """Where the standard library lives, virtual environments and symbolic links seen through."""
    names = ("stdlib", "platstdlib")
    paths = {sysconfig.get_paths()[name] for name in names} | {os.path.dirname(os.__file__)}
    return tuple({folder + os.sep for path in paths for folder in (path, os.path.realpath(path))})


@cache
def is_users(filename: str) -> bool:
    """True for a file that the user can be expected to edit.

    Interactive input (``<stdin>``, notebook cells) is the user's; frozen and generated code is not.

    >>> is_users("/home/me/train.py"), is_users("<frozen runpy>"), is_users("<stdin>")
    (True, False, True)
    """
    if filename.startswith("<"):
        return filename.startswith(("<stdin>", "<ipython", "<doctest"))
    path = os.path.abspath(filename)
    if any(folder in path for folder in _LIBRARY_FOLDERS):
        return False
    return not path.startswith((_PACKAGE, *_python_folders()))


def is_librarys(filename: str) -> bool:
    """True for a file of an installed package that is neither torch nor rnnscope."""
    if filename.startswith(_PACKAGE):
        return False
    return any(
        folder in filename and f"{folder}torch{os.sep}" not in filename
        for folder in _LIBRARY_FOLDERS
    )


def is_ours(code: CodeType) -> bool:
    """True for code of rnnscope itself."""
    return code.co_filename.startswith(_PACKAGE)


def place(filename: str, line: int) -> Location:
    """A location as a person would write it: relative to the working folder when inside it."""
    try:
        short = os.path.relpath(filename)
    except ValueError:  # another drive
        return Location(filename, line)
    inside = os.path.isabs(filename) and not short.startswith(os.pardir)
    return Location(short if inside else filename, line)


def users_frame(frame: FrameType | None) -> FrameType | None:
    """The innermost frame of the user's code, from this one outwards."""
    while frame is not None and not is_users(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def users_location(depth: int = 1) -> Location | None:
    """Where the user's code is right now, seen from the caller."""
    frame = users_frame(sys._getframe(depth))
    return place(frame.f_code.co_filename, frame.f_lineno) if frame else None


def steps(trace: TracebackType | None) -> Iterator[TracebackType]:
    """The entries of a traceback, outermost first."""
    while trace is not None:
        yield trace
        trace = trace.tb_next


def users_entry(exception: BaseException) -> TracebackType | None:
    """The innermost entry of an exception's traceback that is the user's code."""
    entries = steps(exception.__traceback__)
    users = [entry for entry in entries if is_users(entry.tb_frame.f_code.co_filename)]
    return users[-1] if users else None


def location_of(exception: BaseException) -> Location | None:
    """The innermost line of the user's code that an exception went through."""
    entry = users_entry(exception)
    return place(entry.tb_frame.f_code.co_filename, entry.tb_lineno) if entry else None


def source_line(location: Location | None) -> str | None:
    """The text of a line, or None where the file cannot be read."""
    if location is None:
        return None
    return code_line(location).strip() or None


def code_line(location: Location) -> str:
    """The text of a line with its indentation; empty where the file cannot be read."""
    return linecache.getline(location.file, location.line).rstrip()


def without_ours(exception: BaseException) -> TracebackType | None:
    """The exception's traceback as it would be had rnnscope not been there.

    Besides our own frames, the detour goes that torch makes to hand a Python function to a
    function mode: the function itself, then ``handle_torch_function``, then the mode.
    """
    kept: list[TracebackType] = []
    for entry in steps(exception.__traceback__):
        if not is_ours(entry.tb_frame.f_code):
            kept.append(entry)
        elif kept and kept[-1].tb_frame.f_code.co_name == "handle_torch_function":
            del kept[-2:]
    rebuilt: TracebackType | None = None
    for entry in reversed(kept):
        rebuilt = TracebackType(rebuilt, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return rebuilt
