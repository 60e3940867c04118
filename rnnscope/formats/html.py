"""HTML: what the terminal shows in full, exported by rich."""

from __future__ import annotations

from rnnscope.formats.full import renderable
from rnnscope.formats.screen import recorded
from rnnscope.results import Result


def render(result: Result, width: int = 80) -> str:
    """A page of its own, styles inline."""
    return recorded(renderable(result), width).export_html(inline_styles=True)
