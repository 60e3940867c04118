"""What a terminal shows of an Explanation: the answer, the remedy, the proof, then the reasons."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import groupby

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.text import Text

from rnnscope.axes import shape_text
from rnnscope.call import Call
from rnnscope.cells import Cell
from rnnscope.drawing.text import Lines, stacked, unrolled
from rnnscope.explanation.code import helpers_in
from rnnscope.explanation.lines import in_shapes
from rnnscope.explanation.parts import CellLine, Check, Claim, Explanation, Recipe
from rnnscope.formats.palette import (
    BAD,
    GOOD,
    QUIET,
    ROLE_STYLES,
    TITLE,
    numbers_text,
    symbols_text,
)
from rnnscope.formats.tables import grid
from rnnscope.reasons import sentence

_GATE_STYLES = ("cyan", "magenta", "yellow", "green")
_LONGEST_CLAIM = 64
_TAG_STYLES = {"layers": "magenta", "time": "cyan", "feature": "yellow", "here": "bold reverse"}


def render(explanation: Explanation, width: int = 80) -> str:
    """The same as in a terminal, without colour."""
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    console.print(renderable(explanation))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in lines)


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


def style_of(tag: str, cell: Cell) -> str:
    """The colour of a tag: one for each gate of the cell, one for each kind of axis."""
    if tag.startswith("gate "):
        letters = [gate.letter for gate in cell.gates]
        return _GATE_STYLES[letters.index(tag.removeprefix("gate "))]
    return _TAG_STYLES.get(tag, QUIET if not tag else "")


def call_words(call: Call, single_step: bool) -> str:
    """The sizes of the call, as the symbols of the shapes have them."""
    if call.lengths is not None:
        return f"packed, lengths {', '.join(map(str, call.lengths))}"
    steps = () if single_step else (f"L={call.seq_len}",)
    return ", ".join((*((f"N={call.batch}",) if call.batched else ("unbatched",)), *steps))


def _indented(renderable: RenderableType, by: int = 2) -> RenderableType:
    return Padding(renderable, (0, 0, 0, by))


def _title(words: str, note: str = "") -> Text:
    return Text.assemble("\n", (words, TITLE), (f"  {note}" if note else "", QUIET))


def _answer(explanation: Explanation) -> Iterator[RenderableType]:
    """Name, symbols and numbers; what it is; then each axis with its reason."""
    about = Text(
        f"of {explanation.config}, {call_words(explanation.call, explanation.config.single_step)}",
        QUIET,
    )
    if explanation.axes is None:
        yield Text(str(explanation.config), "bold")
        yield Text(
            f"{explanation.meaning}, {call_words(explanation.call, explanation.config.single_step)}"
        )
        return
    yield Text.assemble(
        (explanation.name or "", "bold"),
        "  ",
        symbols_text(explanation.axes),
        " = ",
        numbers_text(explanation.axes),
    )
    yield Text(explanation.meaning)
    yield about
    table = grid("right", "left", "right", "left", "left")
    for index, axis in enumerate(explanation.axes):
        style = ROLE_STYLES[axis.role]
        why = sentence(axis.because, explanation.config) if axis.because else ""
        table.add_row(
            Text(str(index), QUIET),
            Text(axis.size.symbol, style),
            Text(str(axis.size.value), style),
            Text(str(axis.role)),
            Text(why),
        )
    yield Text()
    yield _indented(table)


def _pieces(explanation: Explanation) -> Iterator[RenderableType]:
    """Gate blocks of a weight; slots or halves of a tensor."""
    parameter = explanation.parameter
    if parameter is not None and parameter.rows:
        yield _title("Rows", "one block for each gate, in torch's order")
        yield _drawn(stacked(parameter, explanation.facts), explanation)
    elif explanation.pieces:
        slots = explanation.name != "output"
        yield _title("Slots" if slots else "Columns", "what each index holds" if slots else "")
        table = grid("left", "left")
        for piece in explanation.pieces:
            table.add_row(Text(f"{explanation.name}{piece.where}", "magenta"), Text(piece.what))
        yield _indented(table)


def _unrolled(explanation: Explanation) -> Iterator[RenderableType]:
    """The layer over time, with the tensors' shapes on its edges; not for a parameter."""
    if explanation.parameter is not None:
        return
    yield _title("Unrolled", _states(explanation))
    yield _indented(_Unrolled(explanation))


class _Unrolled:
    """The drawing, with as many steps as there are columns for."""

    def __init__(self, explanation: Explanation) -> None:
        self.explanation = explanation

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        told = self.explanation
        text = _drawn(unrolled(told.facts, told.name, options.max_width), told)
        text.no_wrap, text.overflow = True, "ellipsis"
        yield text


def _states(explanation: Explanation) -> str:
    """The shapes at the ends of the rows, such as ``each h (3, 20), each c (3, 20)``."""
    facts = explanation.facts
    first = 0 if explanation.config.single_step else 1
    shapes = {
        letter: tensor.shape[first:]
        for letter in explanation.config.cell.states
        if (tensor := facts.tensor(f"{letter}_0")) is not None
    }
    return ", ".join(f"each {letter} {shape_text(shape)}" for letter, shape in shapes.items())


def _drawn(lines: Lines, explanation: Explanation) -> Text:
    cell = explanation.config.cell
    return Text("\n").join(
        Text.assemble(*((span.text, style_of(span.tag, cell)) for span in line)) for line in lines
    )


def _recipes(explanation: Explanation) -> Iterator[RenderableType]:
    if not explanation.recipes:
        return
    wanted = explanation.recipes[0].shape
    shape = f", {shape_text(wanted)}" if wanted is not None else ""
    whose = "each sample" if explanation.call.batched else "the sequence"
    yield _title(f"One row for {whose}{shape}", "as a classifier wants it")
    for recipe in explanation.recipes:
        yield from _recipe(recipe)


def _recipe(recipe: Recipe) -> Iterator[RenderableType]:
    mark = ("✓ right  ", GOOD) if recipe.right else ("✗ wrong  ", BAD)
    head = Text.assemble(mark, (recipe.code, "bold"))
    if recipe.shape is not None:
        head.append(f"  {shape_text(recipe.shape)}", QUIET)
    if recipe.difference is not None:
        head.append(f"  off by {recipe.difference:.2g}", QUIET)
    yield _indented(head)
    yield _indented(Text(recipe.holds), 11)


def _lines(explanation: Explanation) -> Iterator[RenderableType]:
    """Each line of the cell, then its products and the line itself with shapes for letters."""
    if not explanation.lines:
        return
    place = f"t={explanation.time}, layer {explanation.layer}, {explanation.direction}"
    if explanation.config.single_step:
        place = "one step"
    whole = explanation.name is None
    yield _title("Step by step" if whole else "In the cell", place)
    gates = {gate.letter: gate.name for gate in explanation.config.cell.gates}
    for line in explanation.lines:
        style = style_of(f"gate {line.gate}", explanation.config.cell) if line.gate else "bold"
        name = f"  {gates[line.gate]}" if line.gate and len(gates) > 1 else ""
        yield _indented(Text.assemble((line.equation, style), (name, QUIET)))
        yield _indented(_steps(line), 6)


def _steps(line: CellLine) -> Text:
    left = line.equation.partition(" = ")[0]
    return Text("\n").join(
        Text.assemble(
            in_shapes(step),
            (" -> ", QUIET),
            f"{'' if step.product else left + ' '}{shape_text(step.result)}",
        )
        for step in line.steps
    )


def _checks(explanation: Explanation) -> Iterator[RenderableType]:
    if explanation.unchecked:
        yield _title("Not checked on the real layer")
        yield _indented(Text(explanation.unchecked, QUIET))
        return
    if not explanation.checks:
        return
    yield _title("Checked just now on the real layer", "with the largest |difference|")
    for shows, checks in groupby(explanation.checks, lambda check: check.claim.shows):
        yield _indented(Text(shows))
        yield _indented(_check_table(list(checks)), 4)
    text = " ".join(str(check.claim) for check in explanation.checks)
    for name, what in helpers_in(text).items():
        yield _indented(Text(f"{name}: {what}", QUIET))


def _check_table(checks: list[Check]) -> RenderableType:
    table = grid("left", "left", "left")
    for check in checks:
        good = check.holds is not False
        table.add_row(
            Text("✓" if good else "✗", GOOD if good else BAD),
            Text(difference_words(check.difference), "" if good else BAD),
            _claim(check.claim),
        )
    return table


def _claim(claim: Claim) -> Text:
    """On one line where it fits into 80 columns, or else broken where a reader would break it."""
    gap = " " if len(str(claim)) <= _LONGEST_CLAIM else "\n  "
    return Text.assemble(claim.left, (f"{gap}equals ", QUIET), claim.right)


def difference_words(difference: float | None) -> str:
    """A max |difference| in few digits, ``0`` when the two are equal to the last bit."""
    if difference is None:
        return "?"
    return f"{difference:.0e}" if difference else "0"


def _notes(explanation: Explanation) -> Iterator[RenderableType]:
    for note in explanation.notes:
        yield _title(note.question)
        yield _indented(Text(note.answer))
