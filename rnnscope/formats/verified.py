"""What a verification looks like: one line of verdict, the findings, and the evidence below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rnnscope.formats import report_page
from rnnscope.formats.findings import FindingText
from rnnscope.formats.markup import element, section
from rnnscope.formats.palette import BAD, GOOD, TITLE
from rnnscope.formats.screen import text_of
from rnnscope.results import Result
from rnnscope.verification.result import Verification


def render(verification: Verification, name: str = "terminal", width: int = 80) -> str:
    """The verification as text or Markdown, ``width`` columns wide."""
    text = text_of(renderable(verification), width)
    return f"```text\n{text}\n```" if name == "markdown" else text


def page(verification: Verification, result: Result) -> str:
    """The verdict and its evidence as a page, above the picture of the layer that was meant."""
    told = section("Verification", element("pre", render(verification)))
    title = f"{verification.target} against {verification.like}"
    return report_page.page(replace(result, findings=()), title, told)


def renderable(verification: Verification) -> RenderableType:
    """The whole screen."""
    parts: list[RenderableType] = [*_verdict(verification)]
    for finding in verification.counted:
        parts += [Text(), FindingText(finding)]
    parts += [*_conventions(verification), *_checks(verification), *_mapping(verification)]
    if verification.speed:
        parts += [Text(), Text.assemble(("Speed  ", TITLE), str(verification.speed))]
    return Group(*parts)


def _verdict(verification: Verification) -> Iterator[RenderableType]:
    target, like = verification.target, verification.like
    if verification.same:
        yield Text.assemble(("same function", f"bold {GOOD}"), f": {target} is {like}")
    else:
        yield Text.assemble(("different", BAD), f": {target} is not {like}")
    if verification.measured and not verification.counted:
        yield Padding(Text(_numbers(verification)), (0, 0, 0, 2))
    if verification.calling:
        yield Padding(Text(f"called with {verification.calling}"), (0, 0, 0, 2))


def _numbers(verification: Verification) -> str:
    measured = verification.measured
    assert measured is not None
    named = (
        ("outputs", measured.outputs),
        ("states", measured.states),
        ("gradients", measured.gradients),
    )
    parts = [f"{name} {value:.1e}" for name, value in named if value is not None]
    return f"max |difference| on torch's weights: {', '.join(parts)} ({verification.like.dtype})"


def _conventions(verification: Verification) -> Iterator[RenderableType]:
    """What differs and is the author's to choose: the hints, a line each."""
    hints = [d for d in verification.differences if d.convention]
    if hints:
        yield Text("\nIts own conventions, which change no verdict", TITLE)
    for hint in hints:
        yield Padding(Text(hint.text), (0, 0, 0, 2))


def _checks(verification: Verification) -> Iterator[RenderableType]:
    if not verification.checks:
        return
    yield Text("\nBehaviour, by perturbation", TITLE)
    for check in verification.checks:
        mark = ("  ok  ", GOOD) if check.passed else ("  no  ", BAD)
        yield Text.assemble(mark, check.text)


def _mapping(verification: Verification) -> Iterator[RenderableType]:
    mapping = verification.mapping
    if mapping is None:
        return
    yield Text("\nMapping, found by probing", TITLE)
    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for line in mapping.lines():
        name, _, text = line.partition(" = ")
        table.add_row(Text(f"  {name}"), Text(f"= {text}"))
    yield table
