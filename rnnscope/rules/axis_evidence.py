"""Words and lines that the rules about axes share."""

from __future__ import annotations

from rnnscope.findings import Location, Related
from rnnscope.subjects.facts import OthersTarget, SliceRead

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


def shaped_at(fact: OthersTarget) -> tuple[Related, ...]:
    """Where predictions that meet the targets of others got their shape."""
    lines = {
        fact.made_at: "the predictions get their shape here",
        fact.moved_at: "their samples came onto another axis here",
    }
    others = (at(place, what) for place, what in lines.items() if place != fact.location)
    return tuple(related for each in others for related in each)
