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
    stacked_scenes,
)
from rnnscope.drawing.unrolled import unrolled
from rnnscope.facts import LayerFacts

_ROLES = (Role.BATCH, Role.TIME, Role.FEATURE, Role.LAYERS, Role.GATES)


def layer_picture(facts: LayerFacts, layer: int = 0, direction: str = "forward") -> Scene:
    """The unrolled network, and below it the inside of one of its cells."""
    config = facts.config
    scenes = [headline(str(config), [facts]), unrolled(facts, layer)]
    if facts.parameters:  # a quantized layer has none that can be seen
        scenes.append(inside(facts, layer, direction))
    return stacked_scenes(scenes, f"{config}, unrolled, and the inside of its cell")


def headline(text: str, shown: Iterable[LayerFacts]) -> Scene:
    """What it is, and which colour means which axis."""
    occurring = {role for facts in shown for role in roles_of(facts)}
    roles = [role for role in _ROLES if role in occurring]
    legend = [part for role in roles for part in (Word(str(role), ROLE_CLASSES[role]), Word("  "))]
    labels = (Label(16, 24, (Word(text),), size=15, kind="title"), Label(16, 46, tuple(legend)))
    width = max(label.bounds[2] for label in labels) + 16
    return Scene(width, 50, (Group("text", labels),), text)


def roles_of(facts: LayerFacts) -> set[Role]:
    """The roles of all axes of a layer's tensors and parameters; packed steps are of two."""
    axes = [axis for tensor in facts.tensors for axis in tensor.axes]
    axes += [axis for parameter in facts.parameters for axis in parameter.axes]
    roles = {axis.role for axis in axes}
    return roles | {Role.BATCH, Role.TIME} if Role.STEPS in roles else roles
