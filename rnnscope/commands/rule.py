"""``rnnscope rule CODE``: the documentation of one rule."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from shutil import get_terminal_size
from textwrap import wrap
from typing import Annotated

import typer

from rnnscope.commands import output as to
from rnnscope.results import SCHEMA
from rnnscope.rules import Rule, rule_named
from rnnscope.rules.documentation import markdown
from rnnscope.rules.families import family_of
from rnnscope.rules.registry import HEADINGS

# The sections that are prose; the others are code, whose lines stay as they are.
PROSE = HEADINGS[:2]

Name = Annotated[
    str, typer.Argument(help="the code, as in RNN202 or 202, or the name", metavar="CODE")
]


def rule(name: Name, format: to.Listing = None, output: to.Output = None) -> None:
    """Print the help of one rule, with an example and its repair."""
    found = rule_named(f"RNN{name}" if name.isdigit() else name)
    writers = {"terminal": _terminal, "json": _json, "markdown": markdown}
    to.listed({name: partial(write, found) for name, write in writers.items()}, format, output)


def _terminal(rule: Rule) -> str:
    severity = to.styled(str(rule.severity), fg=to.SEVERITY_COLOURS[str(rule.severity)])
    head = to.styled(f"{rule.code} {rule.name}", bold=True)
    lines = [f"{head} ({severity})\n\n{rule.summary}"]
    for heading in HEADINGS:
        text = rule.section(heading)
        if heading in PROSE:
            text = "\n".join(_filled(text, max(get_terminal_size().columns, 40)))
        title = to.styled(heading, bold=True)
        lines.append(f"\n{title}\n{'-' * len(heading)}\n{text}")
    return "\n".join(lines)


def _filled(text: str, width: int) -> Iterator[str]:
    """Prose of 100 columns, in lines of this width."""
    for number, paragraph in enumerate(text.split("\n\n")):
        yield from ([""] if number else [])
        yield from wrap(paragraph, width, break_long_words=False, break_on_hyphens=False)


def _json(rule: Rule) -> str:
    data = {
        "schema": SCHEMA,
        "code": rule.code,
        "name": rule.name,
        "severity": str(rule.severity),
        "family": family_of(rule.code),
        "summary": rule.summary,
        "does": rule.section("What it does"),
        "why": rule.section("Why is this bad?"),
        "example": rule.section("Example"),
        "instead": rule.section("Use instead"),
    }
    return json.dumps(data, indent=2)
