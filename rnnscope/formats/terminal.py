"""What a terminal shows at first, made with rich; also the plain text of ``str(report)``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from rnnscope.findings import Finding
from rnnscope.formats import tables
from rnnscope.formats.brief import FirstScreen, call_lines
from rnnscope.formats.palette import BAD, GOOD, SEVERITY_STYLES
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
        parts += [*finding_lines(finding), Text()]
    if result.conclusion:
        parts.append(Text(result.conclusion))
    for layer in layers:
        parts += [layer, Text()]
    if result.outcome is not None and result.outcome.exception and not result.conclusion:
        parts.append(Text(f"{result.outcome.exception}: {result.outcome.message}", BAD))
    return Group(*(parts[:-1] if parts and not str(parts[-1]) else parts))


def finding_lines(finding: Finding) -> Iterator[RenderableType]:
    """One finding: place and message, the repair, then the lines that are evidence."""
    head = Text()
    if finding.location:
        head.append(f"{finding.location}: ", "bold")
    head.append(f"{finding.code} {finding.severity}", SEVERITY_STYLES[finding.severity])
    head.append(f" {finding.name}")
    head.append(f" ({finding.count} times)" if finding.count > 1 else "")
    yield head
    yield Padding(Text(finding.message), (0, 0, 0, 2))
    if finding.fix:
        fix = Text("fix: ", GOOD)
        yield Padding(fix.append(finding.fix, "bold"), (0, 0, 0, 2))
    for related in finding.related:
        yield Padding(Text(f"{related.location}: {related.message}"), (0, 0, 0, 2))
