"""Rule, the decorator that makes one, and the lookup by code, name and subject."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import cleandoc
from typing import Any

from rnnscope.errors import UnknownNameError
from rnnscope.findings import Finding, Location, Related, Severity

HEADINGS = ("What it does", "Why is this bad?", "Example", "Use instead")


@dataclass(frozen=True, slots=True)
class Problem:
    """What a rule yields; the rule's own code, name and severity are added to make a Finding.

    ``location`` None means the place of the subject; ``severity`` None means the rule's own.
    """

    message: str
    fix: str | None = None
    location: Location | None = None
    related: tuple[Related, ...] = ()
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One mistake that rnnscope knows: its code, its name, and the function that looks for it."""

    code: str
    name: str
    severity: Severity
    subject: type
    check: Callable[[Any], Iterator[Problem]]
    documentation: str

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return self.documentation.partition("\n")[0]

    def section(self, heading: str) -> str:
        """The text under one of HEADINGS."""
        parts = re.split(
            rf"^({'|'.join(map(re.escape, HEADINGS))})\n-+\n", self.documentation, flags=re.M
        )
        return parts[parts.index(heading) + 1].strip("\n")

    def findings(self, subject: Any) -> Iterator[Finding]:
        """Look at one subject."""
        for problem in self.check(subject):
            yield Finding(
                code=self.code,
                name=self.name,
                severity=problem.severity or self.severity,
                message=problem.message,
                fix=problem.fix,
                location=problem.location or getattr(subject, "location", None),
                related=problem.related,
            )


Check = Callable[[Any], Iterator[Problem]]


def rule(code: str, name: str, severity: Severity, subject: type) -> Callable[[Check], Rule]:
    """Make a Rule of a generator function whose docstring has the four HEADINGS."""

    def make(check: Check) -> Rule:
        return Rule(code, name, severity, subject, check, cleandoc(check.__doc__ or ""))

    return make


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, in the order of the codes."""
    package = import_module("rnnscope.rules")
    names = (m.name for m in pkgutil.iter_modules(package.__path__) if re.match(r"rnn\d", m.name))
    modules = [import_module(f"rnnscope.rules.{name}") for name in names]
    rules = [
        value for module in modules for value in vars(module).values() if isinstance(value, Rule)
    ]
    return tuple(sorted(rules, key=lambda r: r.code))


@cache
def _rules_for(subject: type) -> tuple[Rule, ...]:
    return tuple(r for r in all_rules() if issubclass(subject, r.subject))


def examine(subject: Any) -> tuple[Finding, ...]:
    """Every finding of every rule that looks at this type of subject."""
    return tuple(f for r in _rules_for(type(subject)) for f in r.findings(subject))


def rule_named(name: str) -> Rule:
    """A rule by its code or name, whatever the case. Raises UnknownNameError."""
    folded = name.casefold()
    for candidate in all_rules():
        if folded in (candidate.code.casefold(), candidate.name.casefold()):
            return candidate
    known = ", ".join(r.code for r in all_rules())
    raise UnknownNameError(f"there is no rule {name!r}: choose one of {known}.")
