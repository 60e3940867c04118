"""Follow labels through operations: what the notes of an operation mean for its results.

A Follower is told of each operation, gives its results their labels, and reports events: at once
where one operation is wrong by itself, at a sink (a layer with parameters, a loss) where an odd
reading may still be made right by a later step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from rnnscope.findings import Location
from rnnscope.tracing import sinks
from rnnscope.tracing.events import SoftmaxOfOne
from rnnscope.tracing.factors import (
    Evidence,
    Factor,
    Meaning,
    holds,
    shape_of,
    size_of,
)
from rnnscope.tracing.labels import CallRecord, Label, Mark, Part, combined
from rnnscope.tracing.operations import (
    ENDS,
    GATHERED,
    PER_SAMPLE,
    Contracted,
    Known,
    Lost,
    Masked,
    Met,
    Moved,
    Normalised,
    NoRule,
    Note,
    Operand,
    Operation,
    Outcome,
    Picked,
    Read,
    Reduced,
    Regrouping,
    Spread,
    outcomes,
)
from rnnscope.tracing.reshape_mistakes import exchanges, tangles
from rnnscope.tracing.role_conflicts import Readings

# Reductions whose result is wrong when padding takes part; zeros in a sum are harmless.
_PADDING_MATTERS = frozenset(
    ("mean", "max", "amax", "min", "amin", "median", "logsumexp", "std", "var")
)
_REORDERS = frozenset(("__getitem__", "index_select"))
_SHARES = frozenset(["softmax", "log_softmax", "gumbel_softmax", "softmin"])


@dataclass
class _Step:
    """One operation while its notes are looked at; the line is found out only when asked."""

    operation: Operation
    labels: tuple[Label, ...]
    differentiable: bool
    find: Callable[[], Location | None]
    _place: Location | None = None

    @property
    def place(self) -> Location | None:
        if self._place is None:
            self._place = self.find()
        return self._place


class Follower:
    """Gives results their labels and reports what rules should look at."""

    def __init__(self, report: Callable[[Any], None], here: Callable[[], Location | None]) -> None:
        self.report = report
        self.here = here
        self.readings = Readings(report)

    def follow(
        self,
        known: Known,
        operation: Operation,
        labels: tuple[Label, ...],
        differentiable: bool = True,
    ) -> list[Label] | None:
        """The labels of the results; None where this use of the operation is not understood."""
        try:
            results = outcomes(known.rule(operation))
        except (NoRule, IndexError, TypeError, KeyError, ValueError, AttributeError):
            return None
        if len(results) != len(operation.shapes):
            return None
        step = _Step(operation, labels, differentiable, self.here)
        return [self._labelled(step, result) for result in results]

    def _labelled(self, step: _Step, outcome: Outcome) -> Label:
        label = self._without_masked(step, combined(step.labels or (Label(()),), outcome.axes))
        if any(p.result == "c_n" and p.location is None for p in label.parts):
            label = _placed(step, label)
        if step.operation.name in _REORDERS:
            label = _reordered(step, label)
        for note in outcome.notes:
            label = self._noted(step, label, note)
        if step.operation.shapes == ((),) and step.differentiable and outcome.notes:
            sinks.lost(self, step, label, step.labels)
        return label

    def _without_masked(self, step: _Step, label: Label) -> Label:
        """Padding is out of the way once another tensor, a mask perhaps, had its say."""
        marks = label.marks
        for mark in marks:
            if mark.kind == "unmasked" and self._masked(step, mark):
                marks = marks - {mark}
        return label if marks is label.marks else replace(label, marks=marks)

    @staticmethod
    def _masked(step: _Step, mark: Mark) -> bool:
        operands = [
            value
            for value in (*step.operation.args, *step.operation.kwargs.values())
            if isinstance(value, Operand) and not value.parameter and value.ndim > 1
        ]
        return any(value.label is None or mark not in value.label.marks for value in operands)

    def _noted(self, step: _Step, label: Label, note: Note) -> Label:
        if isinstance(note, Picked):
            return self._picked(step, label, note)
        if isinstance(note, (Moved, Regrouping)):
            if isinstance(note, Regrouping):
                return self._regrouped(step, label, note)
            return replace(label, moved=step.place)
        if isinstance(note, Normalised):
            return self._normalised(step, label, note)
        if isinstance(note, (Reduced, Contracted)):
            return self._removed(step, label, note)
        if isinstance(note, Read):
            self._read(step, label, note)
        elif isinstance(note, Masked):
            mark = Mark("row by row", step.place)
            return replace(label, marks=label.marks | {mark}, packing=None)
        elif isinstance(note, Met):
            sinks.met(self, step, note)
        elif isinstance(note, Spread):
            return sinks.spread(self, step, label, note)
        elif isinstance(note, Lost):
            sinks.lost(self, step, label, step.labels, note)
            if len(step.operation.shape) == 1:
                mark = Mark(PER_SAMPLE, step.place, None, note.name)
                return replace(label, marks=label.marks | {mark})
        return label

    def _regrouped(self, step: _Step, label: Label, note: Regrouping) -> Label:
        found = tuple(tangles(note, step.place))
        for event in found:
            self.report(event)
        marks = label.marks
        before = shape_of(note.before)
        if not found and exchanges(before, note.shape):
            marks |= {
                Mark("exchanged", step.place, None, f"{_listed(before)}->{_listed(note.shape)}")
            }
        return replace(label, moved=step.place, marks=marks)

    def _picked(self, step: _Step, label: Label, note: Picked) -> Label:
        if not label.parts:
            return label
        if note.index == GATHERED and sinks.at_their_ends(step, label, note):
            note = replace(note, index=ENDS)
        parts = frozenset(_picked_of(part, note, step) for part in label.parts)
        marks = frozenset(
            m
            for m in label.marks
            if m.variable is None
            or m.kind != "unmasked"
            or not m.variable.is_(note.factor.variable)
        )
        return replace(label, parts=parts, marks=marks)

    def _normalised(self, step: _Step, label: Label, note: Normalised) -> Label:
        marks = set(label.marks)
        sizes = [axis for axis in label.axes if axis]
        if note.axis and size_of(note.axis) == 1 and note.name in _SHARES and label.parts:
            self.report(SoftmaxOfOne(step.place, note.name, step.operation.shape))
        for factor in note.axis:
            if note.name == "log_softmax" and factor.size > 1:
                marks.add(Mark("softmaxed", step.place, factor.variable, note.name))
            if note.name in _SHARES and factor.means(Meaning.TIME) and factor.size > 1:
                marks.add(Mark("shared", step.place, factor.variable, note.name))
            alike = sum(any(f.size == factor.size for f in axis) for axis in sizes)
            if note.name in _SHARES and any(
                m.kind == "unmasked" and m.variable is not None and m.variable.is_(factor.variable)
                for m in marks
            ):
                marks.add(Mark("weighted", step.place, factor.variable, note.name))
            if is_rows(factor) and alike == 1 and not _batch_elsewhere(factor, label, note):
                marks.add(Mark("tied", step.place, factor.variable, note.name))
        mixed = label.mixed | {factor.variable.root for factor in note.axis}
        return replace(label, marks=frozenset(marks), mixed=mixed)

    def _removed(self, step: _Step, label: Label, note: Reduced | Contracted) -> Label:
        if isinstance(note, Contracted) and note.parameter:
            sinks.layer(self, step, label, note)
            return label
        self._padding(step, label, note)
        if isinstance(note, Contracted):
            sinks.attended(self, step, label, note)
        marks = {m for m in label.marks if not m.is_along(note.axis)}
        counts = note.name == "sum" and not step.differentiable
        for factor in note.axis:
            if counts and factor.size > 1 and step.operation.first.boolean:
                marks.add(Mark("counted along", step.place, factor.variable))
            if is_rows(factor) and label.parts and not holds(label.axes, factor.variable):
                marks.add(Mark("reduced", step.place, factor.variable, note.name))
        return label if marks == label.marks else replace(label, marks=frozenset(marks))

    def _padding(self, step: _Step, label: Label, note: Reduced | Contracted) -> None:
        if isinstance(note, Reduced) and note.name not in _PADDING_MATTERS:
            return
        for mark in label.marks:
            if mark.kind == "unmasked" and mark.is_along(note.axis):
                sinks.padding(self, step, mark, note)

    def _read(self, step: _Step, label: Label, note: Read) -> None:
        for factor in note.axis:
            evidence = Evidence(note.meaning, note.name, step.place, certain=False)
            self.readings.read(factor, evidence, label, step.operation.first.shape)


def _reordered(step: _Step, label: Label) -> Label:
    """Where rows were sorted, and where they were put back."""
    before = {f.variable.root: f.order for x in step.labels for a in x.axes for f in a}
    marks = set(label.marks)
    for axis in label.axes:
        for factor in axis:
            old = before.get(factor.variable.root)
            if old != factor.order and factor.variable.root in before:
                kind = "restored" if factor.order is None else "sorted"
                marks.add(Mark(kind, step.place, factor.variable))
    if step.operation.name == "index_select" and _rechosen(step, label):
        label = replace(label, moved=step.place)
    return label if marks == label.marks else replace(label, marks=frozenset(marks))


def _listed(shape: tuple[int, ...]) -> str:
    return " ".join(str(size) for size in shape)


def _rechosen(step: _Step, label: Label) -> bool:
    """True when an axis now runs over what the index runs over."""
    axes = step.operation.first.axes
    return any(not holds(axes, f.variable) for axis in label.axes for f in axis)


def _placed(step: _Step, label: Label) -> Label:
    """A cell state reached by an index on the pair of states is first seen where it is used."""
    parts = frozenset(
        part.at(step.place) if part.result == "c_n" and part.location is None else part
        for part in label.parts
    )
    return replace(label, parts=parts)


def _batch_elsewhere(factor: Factor, label: Label, note: Normalised) -> bool:
    """Whether the batch lies on another axis than the one that is shared over.

    To a layer within chunks or over slots these are rows as well, beside the batch, as dual-path
    models and slot attention have it. Where nothing but steps lies beside them, on the batch axis
    of a MultiheadAttention, it is the batch itself that is attended over.
    """
    if factor.means(Meaning.SAMPLES):
        return False
    if note.name != "MultiheadAttention":
        others = (f for axis in label.axes for f in axis if not f.is_(factor))
        return any(is_rows(f) and not f.means(Meaning.TIME) for f in others)
    return any(is_rows(f) and not f.means(Meaning.TIME) for f in label.axes[1])


def is_rows(factor: Factor) -> bool:
    """True for samples, and for what a layer treats as rows, unless it is time to another."""
    return factor.size > 1 and factor.means(Meaning.SAMPLES, Meaning.ROWS)


def _picked_of(part: Part, note: Picked, step: _Step) -> Part:
    """The part that is left when one index along a factor was taken."""
    name = _name_in(part.record, note.factor)
    if name is None:
        return part
    index, size = note.index, note.factor.size
    if index < GATHERED:
        # The last one is the last one however it was written; layers and directions have numbers.
        if name in ("slot", "direction"):
            index %= size
        elif index == size - 1:
            index = -1
    return part.at(step.place, **{name: index})


def _name_in(record: CallRecord, factor: Factor) -> str | None:
    """What a factor is to a recurrent call."""
    for name, variable in (
        ("slot", record.layers),
        ("direction", record.directions),
    ):
        if factor.variable.is_(variable):
            return name
    if holds((record.time,), factor.variable):
        return "step"
    if holds((record.batch,), factor.variable):
        return "sample"
    return None
