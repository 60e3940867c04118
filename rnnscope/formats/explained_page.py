"""An Explanation as a page: the answer, the picture, the remedy, the proof, the reasons."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from rnnscope.axes import shape_text
from rnnscope.drawing.blocks import blocks
from rnnscope.drawing.inside import inside
from rnnscope.drawing.unrolled import unrolled
from rnnscope.explanation.equation_steps import in_shapes
from rnnscope.explanation.expressions import helpers_in
from rnnscope.explanation.model import Check, Explanation, Recipe
from rnnscope.formats.explained import call_words, difference_words
from rnnscope.formats.markup import Html, code, element, folded, joined, section, table
from rnnscope.formats.page import axes_list, document, figure, legend, reasons_of, shape


def render(explanation: Explanation, width: int = 80) -> str:
    """A file of its own; ``width`` has no meaning here."""
    about = f"{explanation.name or 'One step'} of {explanation.config}"
    return document(about, [explanation.facts], *_parts(explanation))


def _parts(explanation: Explanation) -> Iterator[Html]:
    facts, place = explanation.facts, (explanation.layer, explanation.direction)
    yield joined(_answer(explanation))
    yield legend([facts])
    if explanation.parameter is not None and explanation.parameter.rows:
        yield section(
            "Rows of the gates", figure(blocks(facts, *place), explanation.name, "blocks")
        )
    if explanation.table is None:
        way = figure(unrolled(facts, explanation.layer), explanation.name)
        yield section("Its way", way, _tensors(explanation))
    yield _pieces(explanation)
    yield _recipes(explanation)
    if explanation.lines or explanation.table is None:
        cell = figure(inside(facts, *place), explanation.drawn, "inside")
        yield section("In the cell", cell, *_lines(explanation))
    yield joined(_checks(explanation))
    for note in explanation.notes:
        yield section(note.question, element("p", note.answer))


def _answer(explanation: Explanation) -> Iterator[Html]:
    config = explanation.config
    if explanation.axes is not None:
        yield element("p", shape(explanation.axes))
    yield element("p", explanation.meaning)
    yield element("p", call_words(explanation.call, config.single_step), class_="aside")
    if explanation.axes is not None:
        yield axes_list(explanation.axes, explanation.why)
    if explanation.table is not None and explanation.table.rows:
        yield table(explanation.table.head, explanation.table.rows, "What it holds")


def _tensors(explanation: Explanation) -> Html:
    """All tensors of the call, each lighting up its own way."""
    rows = [
        (
            element("a", t.name, id=t.name, href=f"#{t.name}", data_of=t.name),
            shape(t.axes),
            axes_list(t.axes, reasons_of(explanation.config)),
        )
        for t in explanation.facts.tensors
    ]
    title = "Every tensor of this call"
    return folded(title, table(("tensor", "shape", "axes"), rows, title))


def _pieces(explanation: Explanation) -> Html:
    if not explanation.pieces:
        return Html("")
    rows = [(code(f"{explanation.name}{p.where}"), p.what) for p in explanation.pieces]
    return section("Its parts", table(("part", "what it is"), rows, "What each index holds"))


def _recipes(explanation: Explanation) -> Html:
    if not explanation.recipes:
        return Html("")
    whose = "each sample" if explanation.call.batched else "the sequence"
    return section(f"One row for {whose}", *map(_recipe, explanation.recipes))


def _recipe(recipe: Recipe) -> Html:
    verdict, kind = ("✓ right", "yes") if recipe.right else ("✗ wrong", "no")
    head = [element("span", verdict, class_=kind), " ", code(recipe.code)]
    if recipe.shape is not None:
        head.append(f" {shape_text(recipe.shape)}")
    if recipe.difference is not None:
        head.append(f", off by {recipe.difference:.2g}")
    parts = (element("p", *head), element("p", recipe.holds))
    return element("article", *parts, class_=f"recipe {verdict[2:]}")


def _lines(explanation: Explanation) -> Iterator[Html]:
    """Each line of the cell, then the same with shapes for letters."""
    for line in explanation.lines:
        left = line.equation.partition(" = ")[0]
        steps = [
            f"\n    {in_shapes(s)} -> {'' if s.product else left + ' '}{shape_text(s.result)}"
            for s in line.steps
        ]
        yield element("pre", line.equation + "".join(steps))


def _checks(explanation: Explanation) -> Iterator[Html]:
    if explanation.unchecked:
        yield section("Not checked on the real layer", element("p", explanation.unchecked))
    elif explanation.checks:
        told = [
            table(("claim", "difference"), map(_check, checks), shows)
            for shows, checks in groupby(explanation.checks, lambda check: check.claim.shows)
        ]
        text = " ".join(str(check.claim) for check in explanation.checks)
        legends = (
            element("p", code(name), f": {what}", class_="aside")
            for name, what in helpers_in(text).items()
        )
        yield section("Checked on the real layer", *told, *legends)


def _check(check: Check) -> tuple[str, str]:
    sides = joined((code(check.claim.left), " equals ", code(check.claim.right)))
    good = check.holds is not False
    mark = f"{'✓' if good else '✗'} {difference_words(check.difference)}"
    return sides, element("span", mark, class_="yes" if good else "no")
