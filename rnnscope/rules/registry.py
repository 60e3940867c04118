"""Rule, the decorator that makes one, and the lookup by code, name and subject."""

from __future__ import annotations

import os
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from inspect import cleandoc
from typing import TYPE_CHECKING, Any

from rnnscope.errors import UnknownNameError
from rnnscope.findings import Finding, Location, Related, Severity
from rnnscope.subjects import Failure, Reading

if TYPE_CHECKING:
    from rnnscope.messages import Possibility

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
                proof=problem.proof,
                values=problem.values,
            )


Check = Callable[[Any], Iterator[Problem]]


def rule(code: str, name: str, severity: Severity, subject: type) -> Callable[[Check], Rule]:
    """Make a Rule of a generator function whose docstring has the four HEADINGS.

    A rule about Reading is asked only for the messages that name it, see ``rnnscope.messages``.
    """

    def make(check: Check) -> Rule:
        return Rule(code, name, severity, subject, check, cleandoc(check.__doc__ or ""))

    return make


@cache
def _files() -> tuple[str, ...]:
    """The modules that hold rules: ``rnn202_state_batch_first`` and its like."""
    modules = pkgutil.iter_modules([os.path.dirname(__file__)])
    return tuple(m.name for m in modules if m.name[:4] in _FAMILIES)


_FAMILIES = frozenset(f"rnn{digit}" for digit in range(10))


@cache
def _rules_in(file: str) -> tuple[Rule, ...]:
    module = import_module(f"rnnscope.rules.{file}")
    return tuple(value for value in vars(module).values() if isinstance(value, Rule))


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, in the order of the codes."""
    rules = (rule for file in _files() for rule in _rules_in(file))
    return tuple(sorted(rules, key=lambda r: r.code))


@cache
def _rules_for(subject: type) -> tuple[Rule, ...]:
    names = {base.__name__ for base in subject.__mro__}
    files = (file for file in _files() if (_subject_in(file) or subject.__name__) in names)
    rules = (r for file in files for r in _rules_in(file) if issubclass(subject, r.subject))
    return tuple(sorted(rules, key=lambda r: r.code))


# The end of `@rule("RNN202", "state-batch-first", Severity.ERROR, LayerCall)`, on several lines too
_SUBJECT = re.compile(r"(\w+),?\s*$")


def _subject_in(file: str) -> str | None:
    """The subject that a rule's file names in its decorator, read without importing the file.

    Most commands ask for a few rules of more than a hundred, and importing all of them would take
    longer than everything else that the command does. None when it cannot be read.
    """
    try:
        with open(os.path.join(os.path.dirname(__file__), f"{file}.py"), encoding="utf-8") as text:
            _, *decorated = text.read().split("\n@rule(")
    except OSError:
        return None
    found = (_SUBJECT.search(part[: part.index(")\n")]) for part in decorated)
    subjects = {match[1] for match in found if match}
    return subjects.pop() if len(subjects) == 1 else None


def examine(subject: Any) -> tuple[Finding, ...]:
    """Every finding of every rule that looks at this type of subject.

    A failure is first looked at as what its message tells of the call or the construction behind
    it, then as a text; the first of these that explains it is the answer.
    """
    if isinstance(subject, Failure):
        from rnnscope.messages import possibilities

        explained = (_of_possibility(possible, subject) for possible in possibilities(subject))
        return next((found for found in explained if found), ())
    if isinstance(subject, Reading):
        return tuple(rule_named(subject.mistake).findings(subject))
    kind: type = type(subject)
    return tuple(f for r in _rules_for(kind) for f in r.findings(subject))


def _of_possibility(possible: Possibility, failure: Failure) -> tuple[Finding, ...]:
    """A text that other code can say as well is never a certain mistake."""
    found = examine(possible.subject)
    if not isinstance(possible.subject, Reading):
        found = tuple(finding for finding in found if finding.severity.counts)
    return tuple(
        replace(
            finding,
            location=finding.location or failure.location,
            severity=finding.severity if possible.certain else _doubted(finding.severity),
        )
        for finding in found
    )


def _doubted(severity: Severity) -> Severity:
    return Severity.WARNING if severity is Severity.ERROR else severity


def rule_named(name: str) -> Rule:
    """A rule by its code or name, whatever the case. Raises UnknownNameError."""
    folded = name.casefold()
    likely = [f for f in _files() if folded in (f.split("_")[0], f[7:].replace("_", "-"))]
    for candidate in (*(r for file in likely for r in _rules_in(file)), *_others(likely)):
        if folded in (candidate.code.casefold(), candidate.name.casefold()):
            return candidate
    raise UnknownNameError(
        f"there is no rule {name!r}: `rnnscope rules` lists all {len(all_rules())} of them."
    )


def _others(likely: list[str]) -> tuple[Rule, ...]:
    """All rules, loaded only when the file names did not tell."""
    return () if likely else all_rules()
