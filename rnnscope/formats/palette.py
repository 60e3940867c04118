"""Colour with meaning: one colour a role, one a severity, the same in every table."""

from __future__ import annotations

from rich.text import Text

from rnnscope.axes import Axes, Role
from rnnscope.findings import Severity

ROLE_STYLES = {
    Role.BATCH: "green",
    Role.TIME: "cyan",
    Role.STEPS: "cyan",
    Role.FEATURE: "blue",
    Role.LAYERS: "magenta",
    Role.GATES: "magenta",
    Role.UNKNOWN: "",
}
# No yellow and no grey: neither can be read on every background, dark and light.
SEVERITY_STYLES = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "bold magenta",
    Severity.HINT: "bold",
}
# Nothing that must be read is yellow, which light screens swallow, or dim, which all of them do.
GOOD, BAD, TITLE = "green", "bold red", "bold"


def symbols_text(axes: Axes) -> Text:
    """``(L, N, H_in)``, each symbol in the colour of its role."""
    return _tuple_text([(axis.size.symbol, ROLE_STYLES[axis.role]) for axis in axes])


def numbers_text(axes: Axes) -> Text:
    """``(5, 3, 10)``, each number in the colour of its role."""
    return _tuple_text([(str(axis.size.value), ROLE_STYLES[axis.role]) for axis in axes])


def _tuple_text(parts: list[tuple[str, str]]) -> Text:
    text = Text("(")
    for index, (word, style) in enumerate(parts):
        text.append(", " if index else "")
        text.append(word, style)
    return text.append(",)" if len(parts) == 1 else ")")
