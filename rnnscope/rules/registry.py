"""Which rules there are: the lookup by code, by name and by subject."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from rnnscope.errors import UnknownNameError
from rnnscope.findings import Finding, Severity
from rnnscope.rules import pages
from rnnscope.rules.definition import HEADINGS, Problem, Rule, rule
from rnnscope.rules.merged import present
from rnnscope.subjects import Failure, RecognisedMessage

if TYPE_CHECKING:
    from rnnscope.messages import Possibility

__all__ = ["HEADINGS", "Problem", "Rule", "all_rules", "examine", "files", "rule", "rule_named"]

FOLDER = os.path.dirname(__file__)

# The families of what is looked at where torch need not be, so that little is loaded there. The
# rules about what a watched program does are all in Python, and its first event loads them.
_FILES = {
    "Construction": ("rnn10", "rnn11"),
    "LayerCall": ("rnn2",),
    "Plan": ("rnn2",),
    "ComparisonResult": ("rnn8",),
    "Promises": ("rnn39",),
}


@cache
def files() -> tuple[str, ...]:
    """The files that hold a rule, without their ending: ``rnn202_state_batch_first`` and its like.

    Those in Python stand beside this one, the others are pages.
    """
    beside = (name[:-3] for name in os.listdir(FOLDER) if name.endswith(".py"))
    return tuple(sorted((*(name for name in beside if name[3:6].isdigit()), *pages.files())))


@cache
def rule_in(file: str) -> Rule:
    """The rule of a file."""
    if file in pages.files():
        from rnnscope.rules.page_rules import rule_of

        return rule_of(pages.page(file))
    module = import_module(f"rnnscope.rules.{file}")
    return next(value for value in vars(module).values() if isinstance(value, Rule))


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, in the order of the codes."""
    return tuple(map(rule_in, files()))


@cache
def rules_for(subject: type) -> tuple[Rule, ...]:
    """The rules about one type of subject, in the order of the codes."""
    rules = map(rule_in, _files_for(subject.__name__))
    return tuple(rule for rule in rules if issubclass(subject, rule.subject))


def _files_for(subject: str) -> tuple[str, ...]:
    if subject in _FILES:
        return tuple(file for file in files() if file.startswith(_FILES[subject]))
    return tuple(file for file in files() if file not in pages.files())


def examine(subject: Any) -> tuple[Finding, ...]:
    """Every finding of every rule that looks at this type of subject.

    A failure is first looked at as what its message tells of the call or the construction behind
    it, then as a text; the first of these that explains it is the answer.
    """
    if isinstance(subject, Failure):
        from rnnscope.messages import possibilities

        explained = (_of_possibility(possible, subject) for possible in possibilities(subject))
        return next((found for found in explained if found), ())
    if isinstance(subject, RecognisedMessage):
        return tuple(rule_named(subject.page).findings(subject))
    kind: type = type(subject)
    return tuple(finding for rule in rules_for(kind) for finding in rule.findings(subject))


def _of_possibility(possible: Possibility, failure: Failure) -> tuple[Finding, ...]:
    """A text that other code can say as well is never a certain mistake."""
    found = examine(possible.subject)
    if not isinstance(possible.subject, RecognisedMessage):
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
    """A rule by its code, an old one too, or its name, whatever the case.

    Raises UnknownNameError.
    """
    folded = present(name.upper()).casefold()
    likely = [file for file in files() if folded.replace("-", "_") in file.split("_", 1)]
    for file in likely or files():  # a file in Python may be called otherwise than its rule
        found = rule_in(file)
        if folded in (found.code.casefold(), found.name):
            return found
    raise UnknownNameError(
        f"there is no rule {name!r}: `rnnscope rules` lists all {len(files())} of them."
    )
