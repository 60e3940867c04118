"""Where the user's code is right now: a frame walk that remembers the lines it has seen."""

from __future__ import annotations

import sys
from types import FrameType

from rnnscope.findings import Location
from rnnscope.frames import is_users, place

# By file name, not by code object: equal code in two files makes equal code objects.
_users: dict[str, bool] = {}
_places: dict[tuple[str, int], Location] = {}
_MOST = 20_000  # lines; a program that generates code must not make the caches grow


def here(depth: int = 1) -> Location | None:
    """The innermost line of the user's code, seen from ``depth`` frames above the caller."""
    frame = users_frame(sys._getframe(depth + 1))
    return line_of(frame) if frame is not None else None


def users_frame(frame: FrameType | None) -> FrameType | None:
    """The innermost frame of the user's, as ``frames.users_frame``, but remembered."""
    while frame is not None:
        file = frame.f_code.co_filename
        known = _users.get(file)
        if known is None:
            _forget(_users)
            known = _users[file] = is_users(file)
        if known:
            return frame
        frame = frame.f_back
    return None


def line_of(frame: FrameType) -> Location:
    """The line that a frame is at."""
    key = (frame.f_code.co_filename, frame.f_lineno)
    found = _places.get(key)
    if found is None:
        _forget(_places)
        found = _places[key] = place(frame.f_code.co_filename, frame.f_lineno)
    return found


def _forget(cache: dict[str, bool] | dict[tuple[str, int], Location]) -> None:
    if len(cache) >= _MOST:
        cache.clear()
