"""What a terminal shows of an Explanation: the answer, the remedy, the proof, then the reasons."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.text import Text

from rnnscope.axes import shape_text
from rnnscope.call import Call
from rnnscope.drawing.text import stacked, unrolled
from rnnscope.explanation.equation_steps import in_shapes
from rnnscope.explanation.expressions import helpers_in
from rnnscope.explanation.model import CellLine, Check, Claim, Explanation, Recipe, Table
from rnnscope.formats.drawn import drawn, style_of
from rnnscope.formats.palette import (
    BAD,
    GOOD,
    ROLE_STYLES,
    numbers_text,
    symbols_text,
)
from rnnscope.formats.screen import Columns, text_of
from rnnscope.formats.tables import title
from rnnscope.reasons import role_words

_LONGEST_CLAIM = 64  # columns: its result then still stands on the same line of 80


def render(explanation: Explanation, width: int = 80) -> str:
    """The same as in a terminal, without colour."""
    return text_of(renderable(explanation), width)


def renderable(explanation: Explanation) -> RenderableType:
    """The whole screen."""
    parts = [
        *_answer(explanation),
        *_pieces(explanation),
        *_recipes(explanation),
        *_unrolled(explanation),
        *_lines(explanation),
        *_checks(explanation),
        *_notes(explanation),
    ]
    return Group(*parts)


def call_words(call: Call, single_step: bool) -> str:
    """The sizes of the call, as the symbols of the shapes have them."""
    if call.lengths is not None:
        return f"packed, lengths {', '.join(map(str, call.lengths))}"
    steps = () if single_step else (f"L={call.seq_len}",)
    return ", ".join((*((f"N={call.batch}",) if call.batched else ("unbatched",)), *steps))


def _indented(renderable: RenderableType, by: int = 2) -> RenderableType:
    return Padding(renderable, (0, 0, 0, by))


def _answer(explanation: Explanation) -> Iterator[RenderableType]:
    """Name, symbols and numbers; what it is; then each axis with its reason, or a table."""
    call = call_words(explanation.call, explanation.config.single_step)
    if explanation.name is None:
        yield Text(str(explanation.config), "bold")
        yield Text(f"{explanation.meaning}, {call}")
        return
    head = Text(explanation.name, "bold")
    if explanation.axes is not None:
        head += Text("  ") + symbols_text(explanation.axes)
        head += Text(" = ") + numbers_text(explanation.axes)
    yield head
    yield Text(explanation.meaning)
    yield Text(f"of {explanation.config}, {call}")
    if explanation.axes is not None or (explanation.table and explanation.table.rows):
        yield Text()
        yield _indented(_axes(explanation) if explanation.axes else _table(explanation.table))


def _axes(explanation: Explanation) -> Columns:
    table = Columns("rlrlw", drop=(3, 4))
    for index, axis in enumerate(explanation.axes or ()):
        style = ROLE_STYLES[axis.role]
        size = Text(str(axis.size.value), style)
        role = role_words(axis.role, explanation.config)
        table.add(index, Text(axis.size.symbol, style), size, role, explanation.why(axis))
    return table


def _table(told: Table | None) -> Columns:
    assert told is not None
    table = Columns("l" * (len(told.head) - 1) + "w", head=told.head)
    for row in told.rows:
        table.add(*row)
    return table


def _pieces(explanation: Explanation) -> Iterator[RenderableType]:
    """Gate blocks of a weight; slots or halves of a tensor."""
    parameter = explanation.parameter
    if parameter is not None and parameter.rows:
        gated = explanation.config.gate_multiple > 1
        yield title("Rows", "one block for each gate, in torch's order" if gated else "")
        yield drawn(stacked(parameter, explanation.facts), explanation.config.cell)
    elif explanation.pieces:
        slots = explanation.name != "output"
        yield title("Slots" if slots else "Columns", "what each index holds" if slots else "")
        table = Columns("lw")
        for piece in explanation.pieces:
            table.add(Text(f"{explanation.name}{piece.where}", "magenta"), Text(piece.what))
        yield _indented(table)


def _unrolled(explanation: Explanation) -> Iterator[RenderableType]:
    """The layer over time, with the tensors' shapes on its edges; not for a parameter."""
    if explanation.parameter is not None or explanation.table is not None:
        return
    yield title("Unrolled", _states(explanation))
    yield _indented(_Unrolled(explanation))


class _Unrolled:
    """The drawing, with as many steps as there are columns for."""

    def __init__(self, explanation: Explanation) -> None:
        self.explanation = explanation

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        told = self.explanation
        yield drawn(unrolled(told.facts, told.name, options.max_width), told.config.cell)


def _states(explanation: Explanation) -> str:
    """The shapes at the ends of the rows, such as ``each h (3, 20), each c (3, 20)``."""
    facts = explanation.facts
    first = 0 if explanation.config.single_step else 1
    shapes = {
        letter: tensor.shape[first:]
        for letter in explanation.config.cell.states
        if (tensor := facts.tensor(f"{letter}_0")) is not None
    }
    words = ", ".join(f"each {letter} {shape_text(shape)}" for letter, shape in shapes.items())
    return f"{words}, of the longest sample" if explanation.call.packed else words


def _recipes(explanation: Explanation) -> Iterator[RenderableType]:
    if not explanation.recipes:
        return
    wanted = explanation.recipes[0].shape
    shape = f", {shape_text(wanted)}" if wanted is not None else ""
    whose = "each sample" if explanation.call.batched else "the sequence"
    yield title(f"One row for {whose}{shape}", "as a classifier wants it")
    for recipe in explanation.recipes:
        yield from _recipe(recipe)


def _recipe(recipe: Recipe) -> Iterator[RenderableType]:
    mark = ("✓ right  ", GOOD) if recipe.right else ("✗ wrong  ", BAD)
    head = Text.assemble(mark, (recipe.code, "bold"))
    if recipe.shape is not None:
        head.append(f"  {shape_text(recipe.shape)}")
    if recipe.difference is not None:
        head.append(f"  off by {recipe.difference:.2g}")
    yield _indented(head)
    yield _indented(Text(recipe.holds), 11)


def _lines(explanation: Explanation) -> Iterator[RenderableType]:
    """Each line of the cell, then its products and the line itself with shapes for letters."""
    if not explanation.lines:
        return
    whole = explanation.name is None
    yield title("Step by step" if whole else "In the cell", place_words(explanation))
    gates = {gate.letter: gate.name for gate in explanation.config.cell.gates}
    for line in explanation.lines:
        style = style_of(f"gate {line.gate}", explanation.config.cell) if line.gate else "bold"
        name = f"  {gates[line.gate]}" if line.gate and len(gates) > 1 else ""
        yield _indented(Text.assemble((line.equation, style), (name)))
        yield _indented(_steps(line), 6)


def place_words(explanation: Explanation) -> str:
    """Which step of which layer; and, above the first layer, what its x_t is."""
    if explanation.config.single_step:
        return "one step"
    place = f"t={explanation.time}, layer {explanation.layer}, {explanation.direction}"
    below = explanation.layer - 1
    return f"{place}; x_t is the output of layer {below}" if below >= 0 else place


def _steps(line: CellLine) -> Text:
    left = line.equation.partition(" = ")[0]
    return Text("\n").join(
        Text.assemble(
            in_shapes(step),
            (" -> "),
            f"{'' if step.product else left + ' '}{shape_text(step.result)}",
        )
        for step in line.steps
    )


def _checks(explanation: Explanation) -> Iterator[RenderableType]:
    if explanation.unchecked:
        yield title("Not checked on the real layer")
        yield _indented(Text(explanation.unchecked))
        return
    if not explanation.checks:
        return
    yield title("Checked just now on the real layer", "with the largest |difference|")
    for shows, checks in groupby(explanation.checks, lambda check: check.claim.shows):
        yield _indented(Text(shows))
        yield _indented(_check_table(list(checks)), 4)
    text = " ".join(str(check.claim) for check in explanation.checks)
    for name, what in helpers_in(text).items():
        yield _indented(Text(f"{name}: {what}"))


def _check_table(checks: list[Check]) -> RenderableType:
    table = Columns("llw")
    for check in checks:
        good = check.holds is not False
        table.add(
            Text("✓" if good else "✗", GOOD if good else BAD),
            Text(difference_words(check.difference), "" if good else BAD),
            _claim(check.claim),
        )
    return table


def _claim(claim: Claim) -> Text:
    """On one line where it fits into 80 columns, or else broken where a reader would break it."""
    gap = " " if len(str(claim)) <= _LONGEST_CLAIM else "\n  "
    return Text.assemble(claim.left, (f"{gap}equals "), claim.right)


def difference_words(difference: float | None) -> str:
    """A max |difference| in few digits, ``0`` when the two are equal to the last bit."""
    if difference is None:
        return "?"
    return f"{difference:.0e}" if difference else "0"


def _notes(explanation: Explanation) -> Iterator[RenderableType]:
    for note in explanation.notes:
        yield title(note.question)
        yield _indented(Text(note.answer))
