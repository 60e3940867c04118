"""The lines of the cell at one place, computed on the meta device: any size is explained."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from rnnscope.axes import shape_text
from rnnscope.explanation.model import CellLine
from rnnscope.explanation.resolve_name import Topic

if TYPE_CHECKING:
    from torch import Tensor

    from rnnscope.reference.equation_interpreter import Step

# The letter that each tensor has in the equations: lines with it are the lines about the tensor.
_LETTERS = {
    "input": "x_t",
    "h_0": "h_(t-1)",
    "c_0": "c_(t-1)",
    "weight_ih": "W_i",
    "weight_hh": "W_h",
    "bias_ih": "b_i",
    "bias_hh": "b_h",
    "weight_hr": "W_hr",
}


def lines_of(topic: Topic) -> tuple[CellLine, ...]:
    """The lines that make or use what the topic is about; all lines of a step without a name."""
    lines = [
        CellLine(equation, steps[0].gate, tuple(steps))
        for equation, steps in (
            (equation, list(group)) for equation, group in groupby(_steps(topic), _line_of)
        )
    ]
    if topic.stem in _LETTERS:
        kept = (_using(line, _LETTERS[topic.stem]) for line in lines)
        lines = [line for line in kept if line.steps]
    elif topic.fact is not None:
        letter = "c" if topic.stem.startswith("c") else "h"
        lines = [line for line in lines if line.equation.startswith(f"{letter}_t = ")]
    return tuple(map(_backward, lines) if topic.direction == "backward" else lines)


def _backward(line: CellLine) -> CellLine:
    """The same line of the other direction: the step before t is t+1."""

    def turned(text: str) -> str:
        return text.replace("(t-1)", "(t+1)")

    steps = (
        replace(
            step,
            name=turned(step.name),
            expression=turned(step.expression),
            line=turned(step.line),
            operands=tuple(replace(o, name=turned(o.name)) for o in step.operands),
        )
        for step in line.steps
    )
    return CellLine(turned(line.equation), line.gate, tuple(steps))


def in_shapes(step: Step) -> str:
    """A step's expression with shapes in place of letters.

    ``f_t * c_(t-1) + i_t * g_t`` becomes ``(3, 20) * (3, 20) + (3, 20) * (3, 20)``.
    """
    shapes = iter(step.operands)
    if step.product:
        return " @ ".join(f"{o.name} {shape_text(o.shape)}" for o in shapes)
    return _OPERAND.sub(lambda found: shape_text(next(shapes).shape), step.expression)


_OPERAND = re.compile(r"W_\w+ [xh]_(?:t|\(t[-+]1\))|\w_(?:t\b|\(t[-+]1\))|b_\w+")


def _line_of(step: Step) -> str:
    return step.line


def _using(line: CellLine, letter: str) -> CellLine:
    """The line with only the steps that this letter goes into: a product where there is one."""
    projection = letter == "W_h"  # W_h is the start of W_hr, too
    used = [
        step
        for step in line.steps
        for o in step.operands
        if o.name.startswith(letter) and not (projection and o.name.startswith("W_hr"))
    ]
    products = [step for step in used if step.product]
    return CellLine(line.equation, line.gate, tuple(products or used[:1]))


def _steps(topic: Topic) -> list[Step]:
    """One step of the reference, said aloud. Unbatched it is a step of one sequence, without N."""
    import torch

    from rnnscope.reference.equation_interpreter import Aloud
    from rnnscope.reference.module import ReferenceRNN
    from rnnscope.reference.stack import DIRECTIONS

    config = topic.facts.config.with_options(device="meta")
    reference = ReferenceRNN(config)
    dtype = getattr(torch, config.dtype)

    def empty(width: int) -> Tensor:
        made: Tensor = torch.empty((*_running(topic), width), device="meta", dtype=dtype)
        return made

    steps: list[Step] = []
    cell = Aloud(config, topic.layer, topic.direction, steps.append)
    widths = {"h": config.output_size, "c": config.hidden_size}
    states = tuple(empty(widths[letter]) for letter in config.cell.states)
    weights = reference.weights()[topic.layer][DIRECTIONS.index(topic.direction)]
    cell.step(empty(config.input_size_of(topic.layer)), states, weights, topic.time)
    return steps


def _running(topic: Topic) -> tuple[int, ...]:
    """How many samples run at this time: all of them, or those that are long enough."""
    call = topic.facts.call
    if not call.batched:
        return ()
    return (call.batch_sizes[topic.time] if call.packed else call.batch,)
