"""Text for terminals and pipes that cannot show every character: ASCII stands in for the others."""

from __future__ import annotations

import codecs
import sys

# One character for one, or the columns of tables and drawings would no longer meet.
_PAIRS = "✓+ ✗x →> ←< ↑^ ↓v │| ─- ┌+ ┐+ └+ ┘+ ├+ ┤+ ·. ⋮: ×x −- –- ’'"
_STAND_INS = str.maketrans({pair[0]: pair[1] for pair in _PAIRS.split()})


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    """What codecs ask when a character has no code."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text, start, end = error.object, error.start, error.end
    found = text[start:end].translate(_STAND_INS)
    alone = text[start - 1 : end + 1] == " … "  # in a drawing it has one column
    found = found.replace("…", "." if alone else "...")
    return "".join(c if ord(c) < 128 else "?" for c in found), end


codecs.register_error("rnnscope", _stand_in)


def legible(text: str, stream: object = None) -> str:
    """The text as a stream, by default standard output, can show it."""
    encoding = getattr(stream or sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "rnnscope").decode(encoding)


def be_legible() -> None:
    """Let standard output and standard error of this process take every character."""
    for stream in (sys.stdout, sys.stderr):
        unable = not (getattr(stream, "encoding", None) or "utf").casefold().startswith("utf")
        if unable and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="rnnscope")
