"""Words and lines that the rules about axes share."""

from __future__ import annotations

from rnnscope.findings import Location, Related
from rnnscope.subjects.facts import SliceRead

REST = "with other values in all the rest of its results every prediction stays as it is"


def line(location: Location | None) -> str:
    """A line for the middle of a sentence."""
    return f"line {location.line}" if location is not None else "an unknown line"


def at(location: Location | None, message: str) -> tuple[Related, ...]:
    """One more line of evidence, where it is known."""
    return (Related(location, message),) if location is not None else ()


def ran_at(fact: SliceRead) -> tuple[Related, ...]:
    """Where a layer of whose results a slice is read was called, and where it was built."""
    called = fact.called_at if fact.called_at != fact.location else None
    return at(called, f"the {fact.kind} runs here") + at(
        fact.built_at, f"the {fact.kind} is built here"
    )
