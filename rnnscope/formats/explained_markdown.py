"""An Explanation in Markdown: the same parts in the same order, for a note or a course."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.axes import shape_text
from rnnscope.drawing.text import Lines, stacked
from rnnscope.explanation.equation_steps import in_shapes
from rnnscope.explanation.expressions import helpers_in
from rnnscope.explanation.model import Explanation
from rnnscope.formats.course import flowchart, latex
from rnnscope.formats.explained import call_words, difference_words, place_words
from rnnscope.formats.markdown import table
from rnnscope.reasons import role_words


def render(explanation: Explanation, width: int = 80) -> str:
    """Headings, tables and fenced code; ``width`` has no meaning here."""
    lines = [
        *_answer(explanation),
        *_pieces(explanation),
        *_recipes(explanation),
        *_cell(explanation),
        *_checks(explanation),
    ]
    for note in explanation.notes:
        lines += [f"### {note.question}", "", note.answer, ""]
    return "\n".join(lines).rstrip()


def _answer(explanation: Explanation) -> Iterator[str]:
    config, axes = explanation.config, explanation.axes
    if explanation.name is None:
        yield from (f"## `{config}`", "", f"{explanation.meaning}, {_call(explanation)}.", "")
        return
    yield from (f"## `{explanation.name}` of `{config}`", "")
    if axes is None:
        yield from (f"{explanation.meaning}; {_call(explanation)}.", "")
        if told := explanation.table:
            yield from table(told.head, told.rows) if told.rows else ()
        return
    yield from (f"`{axes.symbols}` = `{shape_text(axes.shape)}`: {explanation.meaning}.", "")
    yield from (f"{_call(explanation)}.", "")
    rows = [
        (
            index,
            f"`{axis.size.symbol}`",
            axis.size.value,
            role_words(axis.role, config),
            explanation.why(axis),
        )
        for index, axis in enumerate(axes)
    ]
    yield from table(("axis", "symbol", "size", "role", "because"), rows)


def _call(explanation: Explanation) -> str:
    return call_words(explanation.call, explanation.config.single_step)


def _pieces(explanation: Explanation) -> Iterator[str]:
    parameter, facts = explanation.parameter, explanation.facts
    if explanation.pieces:
        rows = [(f"`{explanation.name}{p.where}`", p.what) for p in explanation.pieces]
        yield from table(("part", "what it is"), rows)
    if parameter and parameter.rows:
        yield from ("```text", *_plain(stacked(parameter, facts)), "```", "")
    elif parameter is None and explanation.table is None:
        yield from ("```mermaid", *flowchart(facts), "```", "")


def _plain(lines: Lines) -> Iterator[str]:
    for line in lines:
        yield "".join(span.text for span in line).rstrip()


def _recipes(explanation: Explanation) -> Iterator[str]:
    if not explanation.recipes:
        return
    whose = "each sample" if explanation.call.batched else "the sequence"
    yield from (f"### One row for {whose}", "")
    rows = [
        (
            "right" if recipe.right else "**wrong**",
            f"`{recipe.code}`",
            f"`{shape_text(recipe.shape)}`" if recipe.shape is not None else "",
            recipe.holds,
        )
        for recipe in explanation.recipes
    ]
    yield from table(("", "code", "shape", "what it holds"), rows)


def _cell(explanation: Explanation) -> Iterator[str]:
    """Each equation as a formula, then its products with shapes for letters."""
    if not explanation.lines:
        return
    yield from (f"### In the cell: {place_words(explanation)}", "")
    for line in explanation.lines:
        yield from (f"$${latex(line.equation)}$$", "")
        left = line.equation.partition(" = ")[0]
        for step in line.steps:
            result = ("" if step.product else f"{left} ") + shape_text(step.result)
            yield f"- `{in_shapes(step)} -> {result}`"
        yield ""


def _checks(explanation: Explanation) -> Iterator[str]:
    if explanation.unchecked:
        yield from (f"Not checked on the real layer: {explanation.unchecked}.", "")
    elif explanation.checks:
        yield from ("### Checked on the real layer", "")
        rows = [
            (
                check.claim.shows,
                f"`{check.claim.left}`",
                f"`{check.claim.right}`",
                difference_words(check.difference),
                "yes" if check.holds else "**NO**",
            )
            for check in explanation.checks
        ]
        yield from table(("what it shows", "this", "equals", "max difference", "holds"), rows)
        text = " ".join(str(check.claim) for check in explanation.checks)
        used = [f"- `{name}`: {what}" for name, what in helpers_in(text).items()]
        yield from [*used, ""] if used else ()
