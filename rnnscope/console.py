"""Writing on the user's terminal while the user's own program writes there, too."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from typing import Any, TextIO

from rnnscope.findings import Finding
from rnnscope.legible import legible
from rnnscope.results import Result


def findings_text(findings: Sequence[Finding], stream: TextIO, watched: Any = None) -> str:
    """Findings as this stream shows them: in colour and as wide as a terminal, else plain."""
    from rnnscope.measuring.randomness import preserved_randomness

    with preserved_randomness():  # rich draws numbers when it is loaded
        return result_text(Result(findings=tuple(findings), watched=watched), stream)


def result_text(result: Result, stream: TextIO) -> str:
    """The same of a whole result."""
    from rich.console import Console

    from rnnscope.formats import terminal

    console = Console(file=stream, highlight=False)
    if not console.is_terminal:  # in a file or pipe no padding is wanted
        return legible(terminal.render(result, console.width), stream)
    with console.capture() as captured:
        console.print(terminal.renderable(result), crop=False)
    return captured.get().rstrip("\n")


def write_between(stream: TextIO | None, text: str) -> None:
    """Write on lines of their own, at once, wherever the program's own line has come to.

    Progress bars stay whole: one of tqdm's is drawn again below, one of rich's makes room.
    """
    if stream is None or stream.closed:
        return
    live = sys.stderr if getattr(sys.stderr, "rich_proxied_file", None) is stream else stream
    bars = getattr(sys.modules.get("tqdm"), "tqdm", None)
    cleared = getattr(bars, "external_write_mode", None)
    with suppress(OSError), cleared(file=stream) if cleared else nullcontext():
        live.write(f"\n{text}\n")
        live.flush()
