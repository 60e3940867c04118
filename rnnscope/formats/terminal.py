"""What a terminal shows at first, made with rich; also the plain text of ``str(report)``."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.text import Text

from rnnscope.dependence.telling import in_brief
from rnnscope.formats import tables
from rnnscope.formats.brief import FirstScreen, call_lines
from rnnscope.formats.findings import FindingText
from rnnscope.formats.palette import BAD
from rnnscope.formats.screen import text_of
from rnnscope.results import Result


def render(result: Result, width: int = 80) -> str:
    """The same as in a terminal, without colour."""
    return text_of(renderable(result), width)


def renderable(result: Result) -> RenderableType:
    """Findings first, then the first screen of a layer or of each in a file, or a model's table."""
    if result.conclusion:
        return assembled(result, map(call_lines, result.layers))
    if len(result.layers) > 1 and not result.stored:
        return assembled(result, [Group(*tables.overview(result))])
    return assembled(result, map(FirstScreen, result.layers))


def assembled(result: Result, layers: Iterable[RenderableType]) -> RenderableType:
    """Findings first, then what is shown of the layers, then how it ended."""
    parts: list[RenderableType] = []
    for finding in result.findings:
        parts += [FindingText(finding, result.watched), Text()]
    if result.conclusion:
        parts.append(Text(result.conclusion))
    for layer in layers:
        parts += [layer, Text()]
    for _, found in result.behaviours:
        parts += [Text("\n".join(in_brief(found))), Text()]
    if result.outcome is not None and result.outcome.exception and not result.conclusion:
        parts.append(Text(f"{result.outcome.exception}: {result.outcome.message}", BAD))
    return Group(*(parts[:-1] if parts and not str(parts[-1]) else parts))
