"""Standard output as the place of results alone: everything else is sent to standard error."""

from __future__ import annotations

import os
import sys
from typing import TextIO


def reserve_standard_output() -> TextIO:
    """A stream to what standard output is now; from here on everybody else's goes to stderr.

    The file descriptor itself is turned, so that what subprocesses and C code write follows too.
    It stays so until the process ends: functions run at exit may still print.
    """
    sys.stdout.flush()
    kept = os.fdopen(os.dup(1), "w", encoding=sys.stdout.encoding or "utf-8", errors="replace")
    os.dup2(2, 1)
    if not _writes_to_descriptor(sys.stdout, 1):
        sys.stdout = sys.stderr
    return kept


def _writes_to_descriptor(stream: TextIO, descriptor: int) -> bool:
    try:
        return stream.fileno() == descriptor
    except (AttributeError, OSError, ValueError):
        return False
