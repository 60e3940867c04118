"""What a rule is: Rule, Problem, and the decorator that makes a rule of a function."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from inspect import cleandoc
from types import UnionType
from typing import Any, get_args

from rnnscope.findings import Finding, Location, Related, Severity

HEADINGS = ("What it does", "Why is this bad?", "Example", "Use instead")


@dataclass(frozen=True, slots=True)
class Problem:
    """What a rule yields; the rule's own code, name and severity are added to make a Finding.

    ``location`` None means the place of the subject; ``severity`` None means the rule's own.
    ``values`` are numbers and names of which ``rnnscope.repair`` makes an edit.
    """

    message: str
    fix: str | None = None
    location: Location | None = None
    related: tuple[Related, ...] = ()
    severity: Severity | None = None
    proof: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """One mistake that rnnscope knows: its code, its name, and the function that looks for it."""

    code: str
    name: str
    severity: Severity
    subject: type | UnionType
    check: Callable[[Any], Iterator[Problem]]
    documentation: str

    @property
    def subjects(self) -> tuple[type, ...]:
        """The types of what it looks at: one, or both of a union."""
        return get_args(self.subject) or (self.subject,)

    @property
    def summary(self) -> str:
        """The first line of the documentation."""
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
                proof=problem.proof,
                values=problem.values,
            )


Check = Callable[[Any], Iterator[Problem]]


def rule(
    code: str, name: str, severity: Severity, subject: type | UnionType
) -> Callable[[Check], Rule]:
    """Make a Rule of a generator function whose docstring has the four HEADINGS."""

    def make(check: Check) -> Rule:
        return Rule(code, name, severity, subject, check, cleandoc(check.__doc__ or ""))

    return make
