"""Whole pictures: what a file shows of one layer, with its headline and its colours named."""

from __future__ import annotations

from collections.abc import Iterable

from rnnscope.axes import Role
from rnnscope.drawing.inside import inside
from rnnscope.drawing.scene import (
    ROLE_CLASSES,
    Group,
    Label,
    Scene,
    Word,
    lines_of_text,
    stacked_scenes,
)
from rnnscope.drawing.unrolled import unrolled
from rnnscope.facts import LayerFacts

_ROLES = (Role.BATCH, Role.TIME, Role.FEATURE, Role.LAYERS, Role.GATES)


def layer_picture(facts: LayerFacts, layer: int = 0, direction: str = "forward") -> Scene:
    """The unrolled network, and below it the inside of one of its cells."""
    config = facts.config
    scenes = [headline(str(config)), unrolled(facts)]
    if facts.parameters:  # a quantized layer has none that can be seen
        scenes.append(inside(facts, layer, direction))
    return stacked_scenes(scenes, f"{config}, unrolled, and the inside of its cell")


def headline(text: str) -> Scene:
    """What it is, and which colour means which axis."""
    legend = [part for role in _ROLES for part in (Word(str(role), ROLE_CLASSES[role]), Word("  "))]
    labels = (Label(16, 24, (Word(text),), size=15, kind="title"), Label(16, 46, tuple(legend)))
    width = max(label.bounds[2] for label in labels) + 16
    return Scene(width, 50, (Group("text", labels),), text)


def with_notes(scene: Scene, lines: Iterable[str]) -> Scene:
    """The scene with lines of text below it."""
    notes = lines_of_text([(Word(line),) for line in lines], "")
    return stacked_scenes((scene, notes), scene.title)
