"""HTML: what the terminal shows, exported by rich."""

from __future__ import annotations

import io

from rich.console import Console

from rnnscope.formats.terminal import renderable
from rnnscope.results import Result


def recorded(result: Result, width: int) -> Console:
    """A console that has printed the result into nowhere and remembers it for an export."""
    console = Console(
        file=io.StringIO(),
        width=width,
        record=True,
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
    )
    console.print(renderable(result), crop=False)
    return console


def render(result: Result, width: int = 80) -> str:
    """A page of its own, styles inline."""
    return recorded(result, width).export_html(inline_styles=True)
