"""``rnnscope rule CODE``: the documentation of one rule."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from rnnscope.errors import UnknownNameError
from rnnscope.results import SCHEMA
from rnnscope.rules import Rule, rule_named
from rnnscope.rules.families import family_of
from rnnscope.rules.page import markdown

Name = Annotated[str, typer.Argument(help="the code or the name, as in RNN202", metavar="CODE")]
Format = Annotated[str, typer.Option("--format", help="terminal, json or markdown")]


def rule(name: Name, format: Format = "terminal") -> None:
    """Print what a rule does, why that is bad, an example, and what to use instead."""
    found = rule_named(name)
    writers = {"terminal": _terminal, "json": _json, "markdown": _markdown}
    if format.casefold() not in writers:
        raise UnknownNameError(f"there is no format {format!r}: choose {', '.join(writers)}.")
    writers[format.casefold()](found)


def _terminal(rule: Rule) -> None:
    print(f"{rule.code} {rule.name} ({rule.severity})\n\n{rule.documentation}")


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
