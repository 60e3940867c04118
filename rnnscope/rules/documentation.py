"""The rules as Markdown: one of them, and a table of all."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import dedent

from rnnscope.rules.families import FAMILIES, family_of
from rnnscope.rules.listing import Listed, listed
from rnnscope.rules.registry import HEADINGS, Rule

_INTRODUCTION = """\
# Rules

An *error* is certainly wrong, a *warning* almost certainly not what was meant, a *hint* worth
knowing; hints never change the exit status. In an example, the comment marks the line of the
finding. `rnnscope rule RNN202` prints one of these pages."""

_TABLE = ("| code | severity | what |", "| --- | --- | --- |")


def index() -> str:
    """The tables of all rules, by family."""
    rules = listed()
    return "\n\n".join([_INTRODUCTION, *(_family(prefix, rules) for prefix in FAMILIES)]) + "\n"


def _family(prefix: str, rules: list[Listed]) -> str:
    rows = (
        f"| [{rule.code}]({rule.code}.md) | {rule.severity} | {rule.summary} |"
        for rule in rules
        if rule.code.startswith(prefix)
    )
    return "\n".join([f"## {prefix}xx {family_of(prefix)}\n", *_TABLE, *rows])


def markdown(rule: Rule) -> str:
    """One rule as a page, its examples as code."""
    return "\n\n".join(_parts(rule))


def _parts(rule: Rule) -> Iterator[str]:
    yield f"# {rule.code} {rule.name}"
    yield f"*{rule.severity}.* {rule.summary}"
    for heading in HEADINGS:
        text = dedent(rule.section(heading)).strip("\n")
        yield f"## {heading}"
        yield _code(text) if heading in ("Example", "Use instead") else text


def _code(text: str) -> str:
    language = "console" if text.startswith("$ ") else "python"
    return f"```{language}\n{text}\n```"
