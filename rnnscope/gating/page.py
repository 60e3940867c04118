"""The gates as a page: the agreement, the findings, the numbers of each layer, the picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rnnscope.formats.markup import Html, element, scrolling, section, table
from rnnscope.formats.page import document, findings
from rnnscope.gating import screen
from rnnscope.gating.heatmap import figure
from rnnscope.gating.trace import by_layer

if TYPE_CHECKING:
    from rnnscope.gating.report import Gates


def page(gates: Gates) -> str:
    """A file of its own."""
    names = ", ".join(str(own[0].config) for own in by_layer(gates.traces))
    return document(f"{names}: the gates", [], *_parts(gates))


def _parts(gates: Gates) -> Iterator[Html]:
    for told in screen.head(gates):
        yield element("p", told.plain)
    yield findings(gates.findings)
    yield section(screen.PICTURE, scrolling(Html(figure(gates.traces)), screen.PICTURE))
    for summary, trace in zip(gates.summaries, gates.traces, strict=True):
        listed = table(*screen.numbers(summary, trace), f"The gates of {summary.name}")
        lines = (element("p", line) for line in screen.lines(summary, trace))
        yield section(summary.name, listed, *lines)
    for line in screen.reasons(gates.summaries):
        yield element("p", line, class_="aside")
