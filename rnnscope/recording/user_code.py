"""Where the user's code is right now: one walk over the frames, which remembers what it saw."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import NamedTuple

import torch

from rnnscope.findings import Location
from rnnscope.frames import is_librarys, is_users, place
from rnnscope.recording.tape import Place

_MOST = 20_000  # lines; a program that generates code must not make the caches grow
_OTHER, _USER, _OPTIMIZER, _LAYER, _LIBRARY = range(5)
_OPTIMIZERS = os.sep + os.path.join("torch", "optim") + os.sep
_LAYERS = os.path.join("torch", "nn", "modules", "rnn.py")


_kinds: dict[str, int] = {}  # by file name: equal code in two files makes equal code objects
_places: dict[tuple[str, int], Location] = {}
_instructions: dict[tuple[int, int], Place] = {}  # each keeps its code, so that no id comes again
_optimizers: dict[CodeType, bool] = {}


class Caller(NamedTuple):
    """Who called a torch function: the user's frame, and what lies between."""

    frame: FrameType | None
    layer: FrameType | None = None  # the forward of a recurrent layer of torch's own
    optimizer: bool = False


def caller(frame: FrameType | None) -> Caller:
    """The innermost frame of the user's, from this one outwards, and what was passed."""
    layer, optimizer, library = None, False, None
    while frame is not None:
        kind = _kind(frame.f_code.co_filename)
        if kind == _USER:
            return Caller(frame, layer, optimizer)
        if kind == _LAYER and frame.f_code.co_name == "forward":
            layer = frame
        elif kind == _LIBRARY:
            library = frame
        elif kind == _OPTIMIZER:
            optimizer = optimizer or library is None or _is_optimizers(library)
        frame = frame.f_back
    return Caller(None, layer, optimizer)


def _is_optimizers(frame: FrameType) -> bool:
    """True for a step of somebody's own optimizer; else it is a closure that a step was given."""
    known = _optimizers.get(frame.f_code)
    if known is None:
        own = frame.f_locals.get("self")
        known = _optimizers[frame.f_code] = isinstance(own, torch.optim.Optimizer)
    return known


def _kind(file: str) -> int:
    known = _kinds.get(file)
    if known is None:
        if len(_kinds) >= _MOST:
            _kinds.clear()
        known = _kinds[file] = _kind_of(file)
    return known


def _kind_of(file: str) -> int:
    if is_users(file):
        return _USER
    if _OPTIMIZERS in file:
        return _OPTIMIZER
    if file.endswith(_LAYERS):
        return _LAYER
    return _LIBRARY if is_librarys(file) else _OTHER


def place_of(frame: FrameType) -> Place:
    """The instruction that a frame is at."""
    key = (id(frame.f_code), frame.f_lasti)  # code objects of two files may be equal
    found = _instructions.get(key)
    if found is None:
        if len(_instructions) >= _MOST:
            _instructions.clear()
        found = _instructions[key] = Place(line_of(frame), frame.f_code, frame.f_lasti)
    return found


class _Standing(threading.local):
    at: Location | None = None


_standing = _Standing()


@contextmanager
def standing_at(location: Location | None) -> Iterator[None]:
    """Within this block ``here`` is this line: what is told belongs to a call that has ended."""
    before, _standing.at = _standing.at, location
    try:
        yield
    finally:
        _standing.at = before


def here(depth: int = 1) -> Location | None:
    """The innermost line of the user's code, seen from ``depth`` frames above the caller."""
    if _standing.at is not None:
        return _standing.at
    frame = users_frame(sys._getframe(depth + 1))
    return line_of(frame) if frame is not None else None


def users_frame(frame: FrameType | None) -> FrameType | None:
    """The innermost frame of the user's, from this one outwards."""
    while frame is not None and _kind(frame.f_code.co_filename) != _USER:
        frame = frame.f_back
    return frame


def line_of(frame: FrameType) -> Location:
    """The line that a frame is at."""
    key = (frame.f_code.co_filename, frame.f_lineno)
    found = _places.get(key)
    if found is None:
        if len(_places) >= _MOST:
            _places.clear()
        found = _places[key] = place(frame.f_code.co_filename, frame.f_lineno)
    return found
