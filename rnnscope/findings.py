"""What a check finds: immutable, with its place, its reason and its remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
    """A line of the user's code and, where it is known, the expression in it that is meant.

    Lines and columns count from 1, columns in characters; ``end_column`` is the first one behind
    the expression. Two locations at the same line are equal: what is meant there is looked up only
    for what is shown.
    """

    file: str
    line: int
    column: int | None = field(default=None, compare=False)
    end_line: int | None = field(default=None, compare=False)
    end_column: int | None = field(default=None, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """The keys of a location in the JSON schema."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column or 1,
            "end_line": self.end_line,
            "end_column": self.end_column,
        }

    @property
    def place(self) -> str:
        """``train.py:31``: the file and the line alone."""
        return f"{self.file}:{self.line}"

    def __str__(self) -> str:
        return f"{self.place}:{self.column}" if self.column else self.place


@dataclass(frozen=True, slots=True)
class Related:
    """Another line that is part of the evidence, and what happened there."""

    location: Location
    message: str

    def to_dict(self) -> dict[str, Any]:
        """The keys of a related line in the JSON schema."""
        return {**self.location.to_dict(), "message": self.message}


@dataclass(frozen=True, slots=True)
class Edit:
    """One place of a user's file, from the first character up to the end, and its new text."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    replacement: str

    def to_dict(self) -> dict[str, Any]:
        """The keys of an edit in the JSON schema."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Repair:
    """Edits that take a finding away, and the changed lines: old ones after -, new ones after +.

    ``tried`` is True once the repaired program was run, and the finding was gone from it.
    """

    edits: tuple[Edit, ...]
    text: str
    tried: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The keys of a repair in the JSON schema."""
        return {
            "edits": [edit.to_dict() for edit in self.edits],
            "text": self.text,
            "tried": self.tried,
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake: what is wrong (with shapes and axis names), where, and the code that repairs it.

    ``count`` says how often the same finding came up, as in a loop of a thousand steps. ``fix`` is
    the repair in general words or names, ``repair`` the same as edits of the user's own file.
    ``proof`` is what an experiment measured. ``values`` are the numbers behind the words, from
    which a repair is made.
    """

    code: str
    name: str
    severity: Severity
    message: str
    fix: str | None = None
    location: Location | None = None
    related: tuple[Related, ...] = ()
    count: int = 1
    proof: str | None = None
    repair: Repair | None = None
    values: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def shows(self) -> Location | None:
        """Where the mistake shows, which may be another line than the one to change."""
        shows: Location | None = self.values.get("shows", self.location)
        return shows

    def moved(self, place: Location) -> Finding:
        """The finding at the line to change; the one where it shows becomes a second place."""
        shows = self.shows
        if shows is None or place == shows:
            return replace(self, location=place)
        others = (r for r in self.related if r.location not in (place, shows))
        return replace(
            self,
            location=place,
            related=(Related(shows, "where it shows"), *others),
            values={**self.values, "shows": shows},
        )

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
            "proof": self.proof,
            "repair": self.repair.to_dict() if self.repair else None,
        }

    def __str__(self) -> str:
        place = f"{self.location}: " if self.location else ""
        return f"{place}{self.code} {self.severity}: {self.message}"
