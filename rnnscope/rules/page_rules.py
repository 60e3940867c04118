"""rule_of(page): the rule that a page is, and what it does with its subject."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from rnnscope.config import RNNConfig
from rnnscope.errors import ConfigError
from rnnscope.findings import Severity
from rnnscope.rules import computed
from rnnscope.rules.definition import Check, Problem, Rule
from rnnscope.rules.pages import Page
from rnnscope.subjects import Construction, RecognisedMessage
from rnnscope.subjects.comparison import ComparisonResult
from rnnscope.subjects.promises import Promises


def rule_of(page: Page) -> Rule:
    """A page as a rule. ``subject`` and ``python`` among its keys say what it looks at, and how."""
    subject, check = _check(page)
    return Rule(page.code, page.name, page.severity, subject, check, page.documentation)


def _check(page: Page) -> tuple[type, Check]:
    match page.keys.get("subject"):
        case "ComparisonResult":
            return ComparisonResult, partial(_differences, page.keys.get("kind", page.name))
        case "Promises":
            return Promises, partial(_differences, page.name)
        case "Construction":
            return Construction, partial(_refused, page.keys["options"].split())
    return RecognisedMessage, getattr(computed, page.keys.get("python", "said"))


def _differences(kind: str, likeness: ComparisonResult | Promises) -> Iterator[Problem]:
    """The differences of one kind as problems; a mere convention is a hint."""
    for difference in likeness.of(kind):
        yield Problem(
            f"{likeness.target}: {difference.text}",
            difference.fix,
            difference.location,
            severity=Severity.HINT if difference.convention else None,
        )


def _refused(options: list[str], subject: Construction | RecognisedMessage) -> Iterator[Problem]:
    """The problem, when the option that torch refuses is one of these, or its message says so."""
    if isinstance(subject, RecognisedMessage):
        yield from computed.said(subject)
    elif subject.config is None:
        try:
            RNNConfig.of_arguments(subject.kind, *subject.args, **subject.kwargs)
        except ConfigError as error:
            if error.option in options:
                text = f"{error.option}={error.value!r} is not possible: {error.allowed}."
                yield Problem(text, error.intent, values={"option": error.option})
