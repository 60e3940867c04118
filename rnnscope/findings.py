"""What a check finds: immutable, with its place, its reason and its remedy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Severity(str, Enum):
    """How sure a finding is, and so whether it changes the exit status."""

    ERROR = "error"  # certainly wrong
    WARNING = "warning"  # almost certainly not what was meant
    HINT = "hint"  # worth knowing; never changes the exit status

    def __str__(self) -> str:
        return self.value

    @property
    def counts(self) -> bool:
        """True for the severities that make a command end with status 1."""
        return self is not Severity.HINT


@dataclass(frozen=True, slots=True)
class Location:
    """A line of the user's code; ``line`` and ``column`` count from 1."""

    file: str
    line: int
    column: int = 1

    def to_dict(self) -> dict[str, Any]:
        """The keys of a location in the JSON schema."""
        return {"file": self.file, "line": self.line, "column": self.column}

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Related:
    """Another line that is part of the evidence, and what happened there."""

    location: Location
    message: str

    def to_dict(self) -> dict[str, Any]:
        """The keys of a related line in the JSON schema."""
        return {**self.location.to_dict(), "message": self.message}


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake: what is wrong (with shapes and axis names), where, and the code that repairs it.

    ``count`` says how often the same finding came up, as in a loop of a thousand steps.
    """

    code: str
    name: str
    severity: Severity
    message: str
    fix: str | None = None
    location: Location | None = None
    related: tuple[Related, ...] = ()
    count: int = 1

    def to_dict(self) -> dict[str, Any]:
        """The keys of a finding in the JSON schema; they are only ever added to."""
        return {
            "code": self.code,
            "name": self.name,
            "severity": str(self.severity),
            "message": self.message,
            "fix": self.fix,
            "location": self.location.to_dict() if self.location else None,
            "related": [related.to_dict() for related in self.related],
            "count": self.count,
        }

    def __str__(self) -> str:
        place = f"{self.location}: " if self.location else ""
        return f"{place}{self.code} {self.severity}: {self.message}"
