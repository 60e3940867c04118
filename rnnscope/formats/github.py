"""GitHub workflow commands: each finding becomes an annotation on its line of a pull request.

Source: "Workflow commands for GitHub Actions", setting a notice, warning or error message; the
escapes are those of ``@actions/core``.
"""

from __future__ import annotations

from rnnscope.findings import Finding, Severity
from rnnscope.results import Result

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "notice"}


def render(result: Result, width: int = 80) -> str:
    """One workflow command per finding; nothing at all when there are none."""
    return "\n".join(_command(finding) for finding in result.findings)


def _command(finding: Finding) -> str:
    where = finding.location
    place = {"file": where.file, "line": where.line, "col": where.column} if where else {}
    properties = {**place, "title": f"{finding.code} {finding.name}"}
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {listed}::{_data(_text(finding))}"


def _text(finding: Finding) -> str:
    evidence = [f"{related.location}: {related.message}" for related in finding.related]
    fix = [f"fix: {finding.fix}"] if finding.fix else []
    return "\n".join([finding.message, *fix, *evidence])


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
