"""Whether another thread may be computing: what it draws or writes must not be disturbed."""

from __future__ import annotations

import threading

# Packages whose threads paint a progress bar and never touch a tensor.
_PAINTERS = ("tqdm", "rich")


def runs_alone() -> bool:
    """True while no other thread runs but those that paint."""
    others = (
        thread for thread in threading.enumerate() if thread is not threading.current_thread()
    )
    return all(type(thread).__module__.partition(".")[0] in _PAINTERS for thread in others)
