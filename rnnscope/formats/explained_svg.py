"""The way of one tensor or parameter through the unrolled layer and its cell, as SVG."""

from __future__ import annotations

from rnnscope.drawing.pictures import layer_picture
from rnnscope.drawing.svg import svg
from rnnscope.explanation.model import Explanation


def render(explanation: Explanation, width: int = 80) -> str:
    """What belongs to it is strong, the rest pale. ``width`` has no meaning here."""
    scene = layer_picture(explanation.facts, explanation.layer, explanation.direction)
    return svg(scene, explanation.drawn)
