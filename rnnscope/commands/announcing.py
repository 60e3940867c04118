"""Errors are printed while the program still runs, and the program may be stopped by them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TextIO

from rnnscope.findings import Finding, Location
from rnnscope.selection import Selection


@dataclass
class Announcer:
    """Prints errors to the stream, if there is one, and remembers them for the report.

    With ``stops`` it prints nothing: the script ends with the first error, and with the report.
    """

    selection: Selection
    stream: TextIO | None
    stops: bool = False
    _told: set[tuple[str, Location | None]] = field(default_factory=set)

    def __call__(self, errors: Iterable[Finding]) -> None:
        """Tell of errors. Raises SystemExit, which ends the script as it would itself."""
        wanted = self.selection.keep(errors)
        if wanted and self.stops:
            raise SystemExit(1)
        if wanted and self.stream is not None:
            from rnnscope.console import findings_text, write_between

            write_between(self.stream, findings_text(wanted, self.stream))
            self._told |= {(finding.code, finding.location) for finding in wanted}

    def left(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings that were not yet printed."""
        return tuple(f for f in findings if (f.code, f.location) not in self._told)
