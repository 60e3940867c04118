"""docs/rules.md: a page made of the docstrings of all rules."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import dedent

from rnnscope.rules.families import FAMILIES, family_of
from rnnscope.rules.registry import HEADINGS, Rule, all_rules

_INTRODUCTION = """\
# Rules

Made of the docstrings of `rnnscope/rules/` by `python -m rnnscope.rules > docs/rules.md`.
`rnnscope rule RNN202` prints one of them.

An *error* is certainly wrong, a *warning* almost certainly not what was meant, a *hint* worth
knowing; hints never change the exit status. In an example, the comment marks the line of the
finding."""

_TABLE = ("| code | severity | what |", "| --- | --- | --- |")


def page() -> str:
    """The whole page: a table of all rules, then each of them, by family."""
    return "\n\n".join([_INTRODUCTION, *_tables(), *map(markdown, all_rules())]) + "\n"


def _tables() -> Iterator[str]:
    for prefix in FAMILIES:
        rules = [rule for rule in all_rules() if rule.code.startswith(prefix)]
        if rules:
            rows = [
                f"| [{rule.code}](#{_anchor(rule)}) | {rule.severity} | {rule.summary} |"
                for rule in rules
            ]
            yield "\n".join([f"## {prefix}xx {family_of(prefix)}\n", *_TABLE, *rows])


def _anchor(rule: Rule) -> str:
    return f"{rule.code} {rule.name}".lower().replace(" ", "-")


def markdown(rule: Rule) -> str:
    """One rule as a section of the page, its examples as code."""
    parts = [f"## {rule.code} {rule.name}", f"*{rule.severity}.* {rule.summary}"]
    for heading in HEADINGS:
        text = dedent(rule.section(heading)).strip("\n")
        code = heading in ("Example", "Use instead")
        parts += [f"### {heading}", _code(text) if code else text]
    return "\n\n".join(parts)


def _code(text: str) -> str:
    language = "console" if text.startswith("$ ") else "python"
    return f"```{language}\n{text}\n```"
