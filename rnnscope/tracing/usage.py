"""When a training step is over: what became of the results of each recurrent call."""

from __future__ import annotations

from rnnscope.tracing import events
from rnnscope.tracing.factors import Evidence, Meaning, size_of
from rnnscope.tracing.labels import CallRecord, Part


def usage_of(record: CallRecord) -> events.Usage | None:
    """The record of a call as an event; None where nothing of its results was used."""
    if not record.read or record.disputed:
        return None
    parts = tuple(events.Part(p.result, p.step, p.location) for p in _used(record))
    return events.Usage(
        record.location, size_of(record.time), parts, _padded(record), record.packed
    )


def _used(record: CallRecord) -> list[Part]:
    """Parts that reached a loss, where some did; otherwise those that reached a layer."""
    final = [part for part, reached in record.read.items() if reached & {"loss", "state"}]
    return sorted(final or record.read, key=lambda part: str(part.location))


def _padded(record: CallRecord) -> Evidence | None:
    found = (factor.variable.evidence(Meaning.PADDED) for factor in record.time)
    return next((evidence for evidence in found if evidence is not None), None)
