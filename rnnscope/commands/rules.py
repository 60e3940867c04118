"""``rnnscope rules``: the table of all rules, by family."""

from __future__ import annotations

import json
from functools import partial
from itertools import groupby
from shutil import get_terminal_size
from textwrap import fill
from typing import Annotated

import typer

from rnnscope.commands import output as to
from rnnscope.errors import UnknownNameError
from rnnscope.results import SCHEMA
from rnnscope.rules.families import family_of
from rnnscope.rules.listing import Listed, listed

Prefix = Annotated[
    str, typer.Argument(help="only codes that begin so, as in RNN2 or 2", metavar="[CODE]")
]


def rules(prefix: Prefix = "", format: to.Listing = None, output: to.Output = None) -> None:
    """List every rule by family: code, severity and what is wrong."""
    begins = f"RNN{prefix}" if prefix.isdigit() else prefix.upper()
    wanted = [rule for rule in listed() if rule.code.startswith(begins)]
    if not wanted:
        raise UnknownNameError(f"no rule begins with {prefix!r}: codes are such as RNN202.")
    writers = {"terminal": _terminal, "json": _json, "markdown": _markdown}
    to.listed({name: partial(write, wanted) for name, write in writers.items()}, format, output)


def _json(wanted: list[Listed]) -> str:
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
    return json.dumps({"schema": SCHEMA, "rules": listed}, indent=2)


def _markdown(wanted: list[Listed]) -> str:
    rows = [f"| {rule.code} | {rule.severity} | {rule.name} | {rule.summary} |" for rule in wanted]
    return "\n".join(["| code | severity | name | what |\n| --- | --- | --- | --- |", *rows])


def _terminal(wanted: list[Listed]) -> str:
    # Plain text and no rich: a table of all rules takes longer to lay out than to load.
    width, lines = max(get_terminal_size().columns, 40), []
    for family, group in groupby(wanted, lambda rule: rule.code[:4]):
        lines.append(to.styled(f"{family}xx  {family_of(family)}", bold=True))
        for rule in group:
            head = f"  {rule.code}  {rule.severity:<8}  "
            gap = " " * len(head)
            text = f"{rule.name}: {rule.summary}"
            filled = fill(text, width, initial_indent=head, subsequent_indent=gap)
            colour = to.SEVERITY_COLOURS[str(rule.severity)]
            lines.append(filled.replace(rule.severity, to.styled(rule.severity, fg=colour), 1))
        lines.append("")
    return "\n".join([*lines, "rnnscope rule CODE tells more about one of them."])
