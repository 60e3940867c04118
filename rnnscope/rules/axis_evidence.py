"""Words and lines that the rules about axes share."""

from __future__ import annotations

from collections.abc import Iterable

from rnnscope.axes import shape_text
from rnnscope.findings import Location, Related, Severity
from rnnscope.subjects.facts import SliceRead
from rnnscope.tracing.events import AxisRead
from rnnscope.tracing.factors import Evidence, Meaning
from rnnscope.tracing.ops.sequences import PADDED

REST = "with other values in all the rest of its results every prediction stays as it is"


def line(location: Location | None) -> str:
    """A line for the middle of a sentence."""
    return f"line {location.line}" if location is not None else "an unknown line"


def related(evidence: Iterable[Evidence]) -> tuple[Related, ...]:
    """Where axes got their meaning."""
    return tuple(Related(e.location, e.because) for e in evidence if e.location is not None)


def at(location: Location | None, message: str) -> tuple[Related, ...]:
    """One more line of evidence, where it is known."""
    return (Related(location, message),) if location is not None else ()


def ran_at(fact: SliceRead) -> tuple[Related, ...]:
    """Where a layer of whose results a slice is read was called, and where it was built."""
    called = fact.called_at if fact.called_at != fact.location else None
    return at(called, f"the {fact.kind} runs here") + at(
        fact.built_at, f"the {fact.kind} is built here"
    )


def blamed(event: AxisRead) -> Location | None:
    """Where a person would edit: the last reordering, a missing batch_first, or the call."""
    if event.moved is not None:
        return event.moved
    config = event.config
    if config is not None and config.batch_first and event.known.because == PADDED:
        return event.known.location or event.location  # pad_sequence without batch_first
    if config is not None and not config.batch_first and event.axis == 0 and len(event.shape) == 3:
        return event.built_at or event.location
    return event.location


def axis_text(event: AxisRead) -> str:
    """The axis in question, with the shape it belongs to."""
    return f"axis {event.axis} of the input {shape_text(event.shape)}"


def certainty(event: AxisRead) -> Severity | None:
    """How sure it is that samples are read as steps; None where it may be meant.

    A loader that does not shuffle may well give out the steps of one long series.
    """
    if event.known.certain:
        return Severity.ERROR
    if event.known.meaning != Meaning.SAMPLES:
        return Severity.WARNING
    return None if event.carried or event.alone or len(event.shape) < 3 else Severity.WARNING
