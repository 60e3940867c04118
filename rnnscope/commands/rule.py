"""``rnnscope rule CODE``: the documentation of one rule."""

from __future__ import annotations

import json
from collections.abc import Iterator
from shutil import get_terminal_size
from textwrap import wrap
from typing import Annotated

import typer

from rnnscope.errors import UnknownNameError
from rnnscope.results import SCHEMA
from rnnscope.rules import Rule, rule_named
from rnnscope.rules.documentation import markdown
from rnnscope.rules.families import family_of
from rnnscope.rules.registry import HEADINGS

# The sections that are prose; the others are code, whose lines stay as they are.
PROSE = HEADINGS[:2]

Name = Annotated[str, typer.Argument(help="the code or the name, as in RNN202", metavar="CODE")]
Format = Annotated[str, typer.Option("--format", help="terminal, json or markdown")]


def rule(name: Name, format: Format = "terminal") -> None:
    """Print the help of one rule, with an example and its repair."""
    found = rule_named(name)
    writers = {"terminal": _terminal, "json": _json, "markdown": _markdown}
    if format.casefold() not in writers:
        raise UnknownNameError(f"there is no format {format!r}: choose {', '.join(writers)}.")
    writers[format.casefold()](found)


def _terminal(rule: Rule) -> None:
    print(f"{rule.code} {rule.name} ({rule.severity})\n\n{rule.summary}")
    for heading in HEADINGS:
        text = rule.section(heading)
        if heading in PROSE:
            text = "\n".join(_filled(text, max(get_terminal_size().columns, 40)))
        print(f"\n{heading}\n{'-' * len(heading)}\n{text}")


def _filled(text: str, width: int) -> Iterator[str]:
    """Prose of 100 columns, in lines of this width."""
    for number, paragraph in enumerate(text.split("\n\n")):
        yield from ([""] if number else [])
        yield from wrap(paragraph, width, break_long_words=False, break_on_hyphens=False)


def _markdown(rule: Rule) -> None:
    print(markdown(rule))


def _json(rule: Rule) -> None:
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
    print(json.dumps(data, indent=2))
