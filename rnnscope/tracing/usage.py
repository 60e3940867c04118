"""When a training step is over: what became of the results of each recurrent call."""

from __future__ import annotations

from rnnscope.tracing import events
from rnnscope.tracing.factors import Evidence, Meaning, size_of
from rnnscope.tracing.labels import CallRecord, Part


def usage_of(record: CallRecord) -> events.Usage | None:
    """The record of a call as an event; None where nothing of its results was used."""
    if not record.read or record.disputed:
        return None
    parts = tuple(_part(part, reached) for part, reached in _used(record))
    return events.Usage(
        config=record.config,
        location=record.location,
        built_at=record.built_at,
        batch=size_of(record.batch),
        steps=size_of(record.time),
        parts=parts,
        picked=frozenset(record.picked),
        samples=_evidence(record, Meaning.SAMPLES),
        padded=_padded(record),
        cut=record.packed,
        training=record.training,
        names=record.names,
        reversed=any(factor.order is not None for factor in record.time),
    )


def _used(record: CallRecord) -> list[tuple[Part, set[str]]]:
    """Parts that reached a loss, where some did; otherwise those that reached a layer."""
    final = [(p, r) for p, r in record.read.items() if "loss" in r or "state" in r]
    chosen = final or list(record.read.items())
    return sorted(chosen, key=lambda item: str(item[0].location))


def _part(part: Part, reached: set[str]) -> events.Part:
    return events.Part(
        part.result,
        part.step,
        part.direction,
        part.slot,
        part.sample,
        part.unit,
        part.location,
        frozenset(reached),
    )


def _evidence(record: CallRecord, meaning: str) -> Evidence | None:
    found = (factor.variable.evidence(meaning) for factor in record.batch)
    return next((evidence for evidence in found if evidence is not None), None)


def _padded(record: CallRecord) -> Evidence | None:
    found = (factor.variable.evidence(Meaning.PADDED) for factor in record.time)
    return next((evidence for evidence in found if evidence is not None), None)
