"""Layers say what axes are: written down as evidence, and reported where evidence disagrees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rnnscope.tracing.events import AxisRead, Tangled
from rnnscope.tracing.factors import Evidence, Factor, Meaning
from rnnscope.tracing.labels import CallRecord, Label
from rnnscope.tracing.operations import Operand

SAMPLES_READ = (Meaning.TIME, Meaning.SAMPLES)
AGAIN = "each step of this input was made from the same step of the result before"

# What an axis that is read as the key is not: the evidence that contradicts it.
_AGAINST = {
    Meaning.TIME: (Meaning.SAMPLES, Meaning.CHANNEL),
    Meaning.SAMPLES: (Meaning.TIME,),
    Meaning.CHANNEL: (Meaning.TIME, Meaning.SAMPLES),
    Meaning.ROWS: (Meaning.CHANNEL,),
}


class Readings:
    """Compares what layers say of an axis with what is known of it."""

    def __init__(self, report: Callable[[Any], None]) -> None:
        self.report = report

    def read(
        self, factor: Factor, evidence: Evidence, label: Label, shape: tuple[int, ...]
    ) -> None:
        """A layer takes this factor of an axis for something."""
        if factor.size <= 1:
            return
        for meaning in _AGAINST.get(evidence.meaning, ()):
            known = factor.variable.evidence(meaning)
            if known is not None:
                self.report(disagreement(evidence, known, factor, label, shape))
        factor.variable.note(evidence)

    def exchanged_by_view(self, label: Label) -> None:
        """A recurrent layer reads axes of which a view or reshape changed the sizes only."""
        for mark in label.marks:
            if mark.kind == "exchanged":
                before, after = (_sizes(text) for text in mark.text.split("->"))
                names = tuple(str(size) for size in before)
                self.report(Tangled("swapped", mark.location, before, after, names))

    def features(
        self, factor: Factor, evidence: Evidence, label: Label, shape: tuple[int, ...]
    ) -> None:
        """A recurrent layer takes this axis for its features; the axis itself goes no further."""
        variable = factor.variable
        if factor.size <= 1 or variable.means(Meaning.FEATURE, Meaning.CHANNEL):
            return
        known = (
            variable.evidence(Meaning.SAMPLES)
            or variable.evidence(Meaning.TIME)
            or variable.evidence(Meaning.LENGTH)
        )
        if known is not None:
            self.report(disagreement(evidence, known, factor, label, shape))

    def again(
        self, record: CallRecord, known: Evidence, label: Label, shape: tuple[int, ...]
    ) -> None:
        """The steps of a call were made, one by one, from those of the call before."""
        steps = Evidence(Meaning.TIME, AGAIN, record.location, False, record)
        rows = replace(known, meaning=Meaning.ROWS)
        self.report(disagreement(steps, rows, record.time[0], label, shape))

    def exchanged(
        self, record: CallRecord, known: Evidence, label: Label, shape: tuple[int, ...]
    ) -> None:
        """Two layers take the same axes for opposite things."""
        steps = Evidence(Meaning.TIME, "", record.location, False, record)
        self.report(disagreement(steps, known, record.time[0], label, shape))

    def made(self, record: CallRecord, because: str, label: Label, shape: tuple[int, ...]) -> None:
        """What a layer steps along looks like features."""
        steps = Evidence(Meaning.TIME, "", record.location, False, record)
        features = Evidence(Meaning.FEATURE, because)
        self.report(disagreement(steps, features, record.time[0], label, shape))

    def contradicted(
        self, time: Evidence, samples: Evidence, factor: Factor, scores: Operand
    ) -> None:
        """Steps of a recurrent layer are paired with samples in a loss."""
        label = scores.label if scores.label is not None else Label(scores.axes)
        self.report(disagreement(time, samples, factor, label, scores.shape))


def disagreement(
    evidence: Evidence,
    known: Evidence,
    factor: Factor,
    label: Label,
    shape: tuple[int, ...],
) -> AxisRead:
    """The event: a layer says one thing, something else says another."""
    record = next((e.source for e in (evidence, known) if isinstance(e.source, CallRecord)), None)
    if record is not None and (evidence.meaning, known.meaning) == SAMPLES_READ:
        record.disputed = True
    axis = next((d for d, a in enumerate(label.axes) if any(f.is_(factor) for f in a)), 0)
    others = [n for d, n in enumerate(shape) if d != axis]
    return AxisRead(
        read=evidence,
        known=known,
        axis=axis,
        shape=record.shape if record is not None and record.shape else shape,
        location=evidence.location,
        layer=record.config.kind if record is not None else evidence.because,
        config=record.config if record is not None else None,
        built_at=record.built_at if record is not None else None,
        moved=record.moved if record is not None else label.moved,
        carried=bool(record.state) if record is not None else False,
        alone=max(others[: max(1, len(others) - 1)], default=1) == 1,
    )


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split())
