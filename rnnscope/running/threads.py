"""The threads that a program starts, with something of ours at the beginning and end of each."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


def in_every_thread(enter: Callable[[], None], leave: Callable[[], None]) -> Callable[[], None]:
    """Call ``enter`` first and ``leave`` last in each thread started from now on.

    Returns how to stop; threads that run by then still leave. ``Thread.run`` may be anybody's own,
    so the function below it is wrapped, whose frame is in no traceback. Python does not know the
    thread yet: neither function may ask for ``threading.current_thread``, which would invent one.
    """
    original = threading.Thread._bootstrap_inner  # type: ignore[attr-defined]

    def begin(thread: Any) -> None:
        enter()
        try:
            original(thread)
        finally:
            leave()

    def stop() -> None:
        if threading.Thread._bootstrap_inner is begin:  # type: ignore[attr-defined]
            threading.Thread._bootstrap_inner = original  # type: ignore[attr-defined]

    threading.Thread._bootstrap_inner = begin  # type: ignore[attr-defined]
    return stop
