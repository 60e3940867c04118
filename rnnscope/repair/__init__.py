"""Repairs in the user's own words: edits of the file that a finding is about.

    completed(findings)      each with the expression it means and a repair, where one is known
    tried(findings, trial)   only repairs after which the program ran and the finding was gone
    write(repairs)           the edits in the user's files

A rule says what is wrong and, in ``fix``, how code in general would be right. Here that is said
of the user's own call, index or size, found in the syntax tree of the file.
"""

from __future__ import annotations

import linecache
from collections.abc import Iterable
from dataclasses import replace

from rnnscope.findings import Edit, Finding, Location, Related, Repair
from rnnscope.repair.code import code_of
from rnnscope.repair.edits import Suggestion, changed_lines
from rnnscope.repair.making import written_at
from rnnscope.repair.pointing import pointed
from rnnscope.repair.table import suggestions


def completed(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings with what their lines mean, and the likeliest repair of each, not yet tried."""
    return tuple(_completed(finding) for finding in findings)


def _completed(finding: Finding) -> Finding:
    try:
        return _pointed(_repaired(finding))
    except Exception:  # a finding is worth more than its repair, whatever the file looks like
        return finding


def _repaired(finding: Finding) -> Finding:
    first = next(suggestions(finding), None) if finding.repair is None else None
    found = _where_made(finding)
    return found if first is None else repaired(found, first)


def _where_made(finding: Finding) -> Finding:
    """The finding at the line that made the argument, unless the recording has told of it."""
    code = code_of(finding.location.file) if finding.location else None
    if code is None or finding.repair is not None or "shows" in finding.values:
        return finding
    place = written_at(finding, code)
    return finding.moved(place) if place is not None and place != finding.location else finding


def repaired(finding: Finding, suggestion: Suggestion, tried: bool = False) -> Finding:
    """The finding with this repair, at the line that it changes."""
    found = replace(finding, repair=repair_of(suggestion.edits, tried))
    at, place = _changed(suggestion), finding.location
    if at is None or place is None:
        return found
    if at == place:
        return replace(found, location=at) if place.column is None else found
    return found.moved(at) if at != finding.shows and _is_elsewhere(finding) else found


def _changed(suggestion: Suggestion) -> Location | None:
    """What the repair is about, unless all that it changes is at another line: not a new line."""
    at, edits = suggestion.at, suggestion.edits
    if at is None or any(_is_near(at, edit) for edit in edits):
        return at
    return Location(edits[0].file, edits[0].line)


def _is_near(at: Location, edit: Edit) -> bool:
    return at.line <= edit.line <= (at.end_line or at.line) or edit.replacement.startswith("\n")


def _is_elsewhere(finding: Finding) -> bool:
    """True for what shows in a call that is right itself."""
    return finding.code.startswith(("RNN1", "RNN2", "RNN45", "RNN65"))


def _pointed(finding: Finding) -> Finding:
    words = f"{finding.message} {finding.fix or ''}"
    related = [Related(pointed(r.location, r.message), r.message) for r in finding.related]
    place = pointed(finding.location, words) if finding.location else None
    return replace(finding, location=place, related=tuple(related))


def repair_of(edits: tuple[Edit, ...], tried: bool = False) -> Repair:
    """A repair made of these edits, with the lines that they change."""
    texts = []
    for file in dict.fromkeys(edit.file for edit in edits):
        own = [edit for edit in edits if edit.file == file]
        texts.append(changed_lines("".join(linecache.getlines(file)), own))
    return Repair(edits, "\n".join(texts), tried)
