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
from rnnscope.findings import Edit, Finding, Location, Repair, Severity
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
    proof = f"\nProof: {finding.proof}" if finding.proof else ""
    fix = f"\nFix: {finding.fix}" if finding.fix else ""
    data: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message + proof + fix},
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
    if finding.repair:
        data["fixes"] = [_fix(finding.repair)]
    return data


def _fix(repair: Repair) -> dict[str, Any]:
    files = dict.fromkeys(edit.file for edit in repair.edits)
    changes = [
        {
            "artifactLocation": {"uri": _uri(file)},
            "replacements": [_replacement(edit) for edit in repair.edits if edit.file == file],
        }
        for file in files
    ]
    return {"description": {"text": repair.text}, "artifactChanges": changes}


def _replacement(edit: Edit) -> dict[str, Any]:
    region = {
        "startLine": edit.line,
        "startColumn": edit.column,
        "endLine": edit.end_line,
        "endColumn": edit.end_column,
    }
    return {"deletedRegion": region, "insertedContent": {"text": edit.replacement}}


def _physical(location: Location) -> dict[str, Any]:
    region = {
        "startLine": location.line,
        "startColumn": location.column,
        "endLine": location.end_line,
        "endColumn": location.end_column,
    }
    return {
        "artifactLocation": {"uri": _uri(location.file)},
        "region": {name: value for name, value in region.items() if value is not None},
    }


def _uri(file: str) -> str:
    path = PurePath(file)
    return Path(file).as_uri() if path.is_absolute() else quote(path.as_posix())
