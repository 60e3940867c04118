"""``rnnscope rules``: the table of all rules, by family."""

from __future__ import annotations

import json
from itertools import groupby
from shutil import get_terminal_size
from textwrap import fill
from typing import Annotated

import typer

from rnnscope.errors import UnknownNameError
from rnnscope.results import SCHEMA
from rnnscope.rules.families import family_of
from rnnscope.rules.listing import Listed, listed

Prefix = Annotated[str, typer.Argument(help="only codes that begin so, as in RNN2")]
Format = Annotated[str, typer.Option("--format", help="terminal, json or markdown")]


def rules(prefix: Prefix = "", format: Format = "terminal") -> None:
    """List every rule by family: code, severity and what is wrong."""
    wanted = [rule for rule in listed() if rule.code.startswith(prefix.upper())]
    if not wanted:
        raise UnknownNameError(f"no rule begins with {prefix!r}: codes are such as RNN202.")
    writers = {"terminal": _terminal, "json": _json, "markdown": _markdown}
    if format.casefold() not in writers:
        raise UnknownNameError(f"there is no format {format!r}: choose {', '.join(writers)}.")
    writers[format.casefold()](wanted)


def _json(wanted: list[Listed]) -> None:
    listed = [
        {
            "code": rule.code,
            "name": rule.name,
            "severity": rule.severity,
            "family": family_of(rule.code),
            "summary": rule.summary,
        }
        for rule in wanted
    ]
    print(json.dumps({"schema": SCHEMA, "rules": listed}, indent=2))


def _markdown(wanted: list[Listed]) -> None:
    print("| code | severity | name | what |\n| --- | --- | --- | --- |")
    for rule in wanted:
        print(f"| {rule.code} | {rule.severity} | {rule.name} | {rule.summary} |")


def _terminal(wanted: list[Listed]) -> None:
    # Plain text and no rich: a table of all rules takes longer to lay out than to load.
    width = max(get_terminal_size().columns, 40)
    for family, group in groupby(wanted, lambda rule: rule.code[:4]):
        print(f"{family}xx  {family_of(family)}")
        for rule in group:
            head = f"  {rule.code}  {rule.severity:<8}  "
            print(fill(rule.summary, width, initial_indent=head, subsequent_indent=" " * len(head)))
        print()
    print("rnnscope rule CODE tells more about one of them.")
