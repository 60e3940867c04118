"""SVG: a picture of what the terminal shows, exported by rich."""

from __future__ import annotations

from rnnscope.formats.full import renderable
from rnnscope.formats.screen import recorded
from rnnscope.results import Result


def render(result: Result, width: int = 80) -> str:
    """One picture; its title is the tool's name."""
    return recorded(renderable(result), width).export_svg(title="rnnscope")
