"""The numbers of a layer in a weights file, a line for each gate's block."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from rnnscope.formats.palette import BAD
from rnnscope.formats.screen import Columns
from rnnscope.formats.tables import title
from rnnscope.weights.facts import BlockValues, LayerValues

HEAD = ("block", "mean", "deviation", "largest", "zeros", "NaN", "inf", "norm", "radius")
NOTE = "norm: spectral norm; radius: spectral radius"


def section(values: LayerValues) -> Iterator[RenderableType]:
    """Every block under its parameter; then the forget gates' biases and the notes."""
    yield title("Values", NOTE)
    shown = Columns("l" + "r" * (len(HEAD) - 1), drop=(8, 7, 4), head=HEAD)
    parameter = ""
    for block in values.blocks:
        if block.parameter != parameter and block.block:
            shown.add(block.parameter, *[""] * (len(HEAD) - 1))
        parameter = block.parameter
        style = BAD if block.nan or block.inf else ""
        shown.add(*(Text(cell, style) for cell in cells(block)))
    yield Padding(shown, (0, 0, 0, 2))
    for line in lines(values):
        yield Padding(Text(line), (0, 0, 0, 2))


def cells(block: BlockValues) -> tuple[str, ...]:
    """One block, in the order of HEAD; what was not computed is empty."""
    numbers = (block.mean, block.deviation, block.largest)
    return (
        block.block or block.parameter,
        *("" if number is None else f"{number:.4g}" for number in numbers),
        f"{block.zeros:.0%}" if block.zeros in (0, 1) else f"{block.zeros:.2%}",
        f"{block.nan:,}",
        f"{block.inf:,}",
        *("" if number is None else f"{number:.4g}" for number in (block.norm, block.radius)),
    )


def lines(values: LayerValues) -> Iterator[str]:
    """The forget gates' total biases, and the notes."""
    for bias in values.forget_biases:
        spread = f"{bias.least:.4g} to {bias.most:.4g}"
        yield f"forget gate, {bias.place}: b_if + b_hf = {bias.mean:.4g} on average, {spread}"
    yield from values.notes
