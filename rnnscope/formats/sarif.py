"""SARIF 2.1.0, which code scanners and editors read; the evidence lines are relatedLocations.

Source: OASIS "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", and GitHub's
"SARIF support for code scanning" for what it demands of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from rnnscope import __version__
from rnnscope.findings import Finding, Location, Severity
from rnnscope.results import Result
from rnnscope.rules import Rule, rule_named

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "note"}


def render(result: Result, width: int = 80) -> str:
    """One run with one result per finding; a valid document too when there are none."""
    return json.dumps(document(result.findings), indent=2, ensure_ascii=False)


def document(findings: Sequence[Finding]) -> dict[str, Any]:
    """The SARIF log as data."""
    codes = sorted({finding.code for finding in findings})
    driver = {
        "name": "rnnscope",
        "version": __version__,
        "rules": [_rule(rule_named(code)) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes.index(finding.code)) for finding in findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.section("What it does")},
        "help": {"text": rule.documentation},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(finding: Finding, index: int) -> dict[str, Any]:
    fix = f"\nFix: {finding.fix}" if finding.fix else ""
    data: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message + fix},
        "occurrenceCount": finding.count,
    }
    if finding.location:
        data["locations"] = [{"physicalLocation": _physical(finding.location)}]
    if finding.related:
        data["relatedLocations"] = [
            {
                "id": number,
                "physicalLocation": _physical(related.location),
                "message": {"text": related.message},
            }
            for number, related in enumerate(finding.related, start=1)
        ]
    return data


def _physical(location: Location) -> dict[str, Any]:
    return {
        "artifactLocation": {"uri": _uri(location.file)},
        "region": {"startLine": location.line, "startColumn": location.column},
    }


def _uri(file: str) -> str:
    path = PurePath(file)
    return Path(file).as_uri() if path.is_absolute() else quote(path.as_posix())
