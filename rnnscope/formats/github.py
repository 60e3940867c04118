"""GitHub workflow commands: each finding becomes an annotation on its line of a pull request.

Source: "Workflow commands for GitHub Actions", setting a notice, warning or error message; the
escapes are those of ``@actions/core``.
"""

from __future__ import annotations

from typing import Any

from rnnscope.findings import Finding, Location, Severity
from rnnscope.results import Result

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "notice"}


def render(result: Result, width: int = 80) -> str:
    """One workflow command per finding; nothing at all when there are none."""
    return "\n".join(_command(finding) for finding in result.findings)


def _command(finding: Finding) -> str:
    where = finding.location
    properties = {**(_place(where) if where else {}), "title": f"{finding.code} {finding.name}"}
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {listed}::{_data(_text(finding))}"


def _place(where: Location) -> dict[str, Any]:
    """GitHub takes columns only for what begins and ends in one line."""
    place = {"file": where.file, "line": where.line}
    if where.end_line not in (None, where.line):
        return {**place, "endLine": where.end_line}
    columns = {"col": where.column, "endColumn": where.end_column}
    return {**place, **{name: value for name, value in columns.items() if value is not None}}


def _text(finding: Finding) -> str:
    evidence = [f"{related.location}: {related.message}" for related in finding.related]
    proof = [f"proof: {finding.proof}"] if finding.proof else []
    return "\n".join([finding.message, *evidence, *proof, *remedy(finding)])


def remedy(finding: Finding) -> list[str]:
    """The repair as lines of text, or where there is none the fix in general words."""
    if finding.repair is not None:
        return ["repair:", *finding.repair.text.splitlines()]
    return [f"fix: {finding.fix}"] if finding.fix else []


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
