"""The stacked parameters of one layer as a scene: coloured rows for the gates, drawn to scale."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.drawing.scene import Box, Group, Label, Line, Mark, Scene, Word, numbers
from rnnscope.facts import LayerFacts, ParameterFact

_EDGE, _TOP, _TALLEST, _WIDEST, _SMALL = 16.0, 46.0, 176.0, 320.0, 11.0
_LOWEST_ROWS = 18.0  # of one gate: its name stands beside it


def blocks(facts: LayerFacts, layer: int, direction: str) -> Scene:
    """Each stacked parameter side by side, rows downward, columns to the right, in one scale.

    Only where a gate would be lower than its name beside it, the rows are drawn higher.
    """
    own = [p for p in facts.parameters if (p.layer, p.direction) == (layer, direction) and p.rows]
    rows, columns = own[0].shape[0], max((p.shape[1] for p in own if len(p.shape) > 1), default=1)
    gates = len(own[0].rows)
    height = max(gates * _LOWEST_ROWS, min(_TALLEST, _WIDEST * rows / columns))
    scale = min(height / rows, _WIDEST / columns)
    groups = [Group("text", tuple(_gate_names(own[0], height)))]
    for parameter in own:
        width = max(3.0, scale * (parameter.shape[1] if len(parameter.shape) > 1 else 1))
        groups.append(_stack(parameter, _right_of(groups[-1]) + 24, width, height))
    x = _right_of(groups[-1])
    title = f"Rows of the gates, layer {layer} {direction}"
    words = ", ".join(f"{r.gate.name} rows {r.start} to {r.stop - 1}" for r in own[0].rows)
    return Scene(x + _EDGE, _TOP + height + 12, tuple(groups), title, f"{title}: {words}.")


def _right_of(group: Group) -> float:
    return max(mark.bounds[2] for mark in group.marks if not isinstance(mark, Line))


def _gate_names(parameter: ParameterFact, height: float) -> Iterator[Label]:
    step = height / len(parameter.rows)
    for position, rows in enumerate(parameter.rows):
        words = (Word(rows.gate.name), Word(f" {rows.start} to {rows.stop - 1}", "gates"))
        yield Label(_EDGE, _TOP + step * (position + 0.5) + 4, words, size=_SMALL)


def _stack(parameter: ParameterFact, x: float, width: float, height: float) -> Group:
    step = height / len(parameter.rows)
    marks: list[Mark] = [
        Label(x, _TOP - 22, (Word(parameter.name),), size=_SMALL),
        Label(x, _TOP - 8, numbers(parameter.axes), size=_SMALL),
    ]
    for position in range(len(parameter.rows)):
        marks.append(Box(x, _TOP + step * position, width, step, f"gate-{position}", 0))
    held = ", ".join(f"{r.block} [{r.start}:{r.stop}]" for r in parameter.rows)
    title = f"{parameter.name} {shape_text(parameter.shape)}: {held}"
    return Group("stack", tuple(marks), title, frozenset({parameter.name}))
