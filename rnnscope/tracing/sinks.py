"""Where suspicions are decided: layers with parameters, losses, and tensors laid side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from rnnscope.findings import Location
from rnnscope.tracing.events import (
    AxisRead,
    BatchLost,
    LossAxes,
    OrdersMet,
    OrdersOfPacking,
    PaddingReduced,
    SharesAcross,
    Tied,
)
from rnnscope.tracing.factors import (
    Axis,
    Evidence,
    Factor,
    Meaning,
    Padding,
    Variable,
    holds,
    size_of,
    turned,
)
from rnnscope.tracing.labels import CallRecord, Label, Mark, Part
from rnnscope.tracing.operations import (
    PER_SAMPLE,
    Contracted,
    Lost,
    Met,
    Operand,
    Picked,
    Reduced,
    Spread,
)

if TYPE_CHECKING:
    from rnnscope.tracing.following import Follower, _Step


def layer(follower: Follower, step: _Step, label: Label, note: Contracted) -> None:
    """A layer with parameters reads an axis as features."""
    for part in label.parts:
        part.record.read.setdefault(part, set()).add("layer")
    for factor in note.axis:
        known = factor.variable.evidence(Meaning.SAMPLES)
        if known is not None and factor.size > 1:
            read = Evidence(Meaning.FEATURE, note.name, step.place)
            shape = step.operation.first.shape
            follower.report(
                AxisRead(
                    read, known, len(shape) - 1, shape, step.place, note.name, moved=label.moved
                )
            )
    _tied(follower, step, label)


def _normalised(follower: Follower, step: _Step, note: Lost, scores: Label) -> None:
    """log_softmax ran along one axis, nll_loss takes another for the classes."""
    if note.name != "nll_loss" or note.class_dim is None or note.scores.ndim < 2:
        return
    classes = note.scores.axes[note.class_dim]
    for mark in scores.marks:
        if mark.kind != "softmaxed" or mark.variable is None or not classes:
            continue
        if not holds((classes,), mark.variable) and holds(scores.axes, mark.variable):
            known = mark.variable.evidence(Meaning.TIME) or mark.variable.evidence(Meaning.ROWS)
            evidence = (known,) if known is not None else ()
            follower.report(
                LossAxes(
                    "normalised",
                    mark.location,
                    note.name,
                    note.scores.shape,
                    (),
                    mark.text,
                    evidence,
                )
            )


def _tied(follower: Follower, step: _Step, label: Label) -> None:
    """Rows that depend on each other through a softmax are used as rows."""
    for mark in label.marks:
        if mark.kind != "tied" or mark.variable is None or not holds(label.axes, mark.variable):
            continue
        known = mark.variable.evidence(Meaning.SAMPLES) or mark.variable.evidence(Meaning.ROWS)
        if known is not None:
            size = next(f.size for a in label.axes for f in a if holds(((f,),), mark.variable))
            follower.report(Tied(mark.location, mark.text, size, known, step.place))


def lost(
    follower: Follower,
    step: _Step,
    label: Label,
    labels: tuple[Label, ...],
    note: Lost | None = None,
) -> None:
    """A loss, by its name or as a sum over everything that has a gradient."""
    scores = next((x for x in labels if x.parts), labels[0] if labels else label)
    if note is not None:
        scores = note.scores.label or scores
        _packed_against_masked(follower, step, note)
        _paired(follower, step, note)
        _normalised(follower, step, note, scores)
        _tied(follower, step, scores)
    for part in scores.parts:
        part.record.read.setdefault(part, set()).add("loss")
    for mark in scores.marks:
        if mark.kind == "pairs":
            follower.report(LossAxes("pairs", mark.location, mark.text, (), ()))
    for record in {part.record for part in scores.parts}:
        _batch_lost(follower, step, scores, record, note)


def _batch_lost(
    follower: Follower, step: _Step, scores: Label, record: CallRecord, note: Lost | None
) -> None:
    """The layer's steps are still there at the loss, its batch is not."""
    batch, time = size_of(record.batch), size_of(record.time)
    if batch <= 1 or time <= 1 or len(record.batch) != 1 or len(record.time) != 1:
        return
    if record.disputed:
        return
    if holds(scores.axes, record.batch[0].variable):
        return
    if not holds(scores.axes, record.time[0].variable):
        return
    mark = next(
        (
            m
            for m in scores.marks
            if m.kind == "reduced"
            and m.variable is not None
            and m.variable.is_(record.batch[0].variable)
        ),
        None,
    )
    picked = next((p for p in scores.parts if p.record is record and p.sample is not None), None)
    if mark is None and (picked is None or not _per_step(note, batch, time)):
        return
    record.disputed = True
    place = mark.location if mark is not None else picked.location if picked else None
    how = mark.text if mark is not None else f"[{picked.sample}]" if picked else ""
    follower.report(
        BatchLost(
            location=step.place,
            config=record.config,
            call=record.location,
            built_at=record.built_at,
            moved=record.moved,
            batch=batch,
            steps=time,
            loss=step.place,
            how=how,
            where=place,
            samples=record.batch[0].variable.evidence(Meaning.SAMPLES),
        )
    )


def _per_step(note: Lost | None, batch: int, time: int) -> bool:
    """As many targets as steps, and not as many as samples: what was picked is not the mistake."""
    if note is None or note.targets is None or not note.targets.shape:
        return False
    return note.targets.shape[0] == time != batch


def _paired(follower: Follower, step: _Step, note: Lost) -> None:
    """Scores and targets, axis by axis."""
    scores, targets = note.scores, note.targets
    if targets is None:
        return
    if note.class_dim is not None and scores.ndim >= 3:
        _classes(follower, step, note, scores, targets)
    kept = list(scores.axes)
    if note.class_dim is not None and scores.ndim > 1 and targets.ndim == scores.ndim - 1:
        del kept[note.class_dim]
    if len(kept) != targets.ndim or not scores.known:
        return
    _sorted_rows(follower, step, note, kept)
    for mine, theirs in zip(kept, targets.axes, strict=True):
        if size_of(mine) == size_of(theirs) and targets.known:
            _axis_pair(follower, step, note, mine, theirs)


def _sorted_rows(follower: Follower, step: _Step, note: Lost, kept: list[Axis]) -> None:
    """Rows that were sorted inside of the model meet targets that were not."""
    targets = note.targets
    if not kept or len(kept[0]) != 1 or targets is None or kept[0][0].means(Meaning.TIME):
        return
    mine = kept[0][0]
    theirs = targets.axes[0]
    if mine.order is None or len(theirs) != 1 or theirs[0].order is not None:
        return
    if note.scores.label is not None:
        place = _ordered_at((note.scores.label,), mine.variable)
        follower.report(OrdersMet(place or step.place, mine.size, step.place, "targets"))


def _classes(
    follower: Follower, step: _Step, note: Lost, scores: Operand, targets: Operand
) -> None:
    """(N, L, C) given where (N, C, L) is wanted, with as many steps as classes."""
    middle, last = scores.axes[note.class_dim or 0], scores.axes[-1]
    if len(middle) != 1 or len(last) != 1 or not last[0].means(Meaning.FEATURE):
        return
    known = middle[0].variable.evidence(Meaning.TIME) or middle[0].variable.evidence(Meaning.ROWS)
    if known is not None and not middle[0].means(Meaning.FEATURE, Meaning.CHANNEL):
        follower.report(
            LossAxes(
                "classes",
                step.place,
                note.name,
                scores.shape,
                targets.shape,
                "time" if known.meaning == Meaning.TIME else "batch",
                (known,),
            )
        )


def _axis_pair(follower: Follower, step: _Step, note: Lost, mine: Axis, theirs: Axis) -> None:
    if len(mine) > 1 and len(theirs) > 1:
        if _opposite(mine, theirs):
            follower.report(
                LossAxes(
                    "order",
                    step.place,
                    note.name,
                    note.scores.shape,
                    note.targets.shape if note.targets else (),
                    _spelled(mine, theirs),
                    tuple(_known(mine)) + tuple(_known(theirs)),
                )
            )
        return
    if len(mine) == 1 and len(theirs) == 1:
        _single_pair(follower, step, note, mine[0], theirs[0])


def _single_pair(follower: Follower, step: _Step, note: Lost, mine: Factor, theirs: Factor) -> None:
    time = mine.variable.evidence(Meaning.TIME)
    samples = theirs.variable.evidence(Meaning.SAMPLES)
    if mine.is_(theirs):
        return
    record = time.source if time is not None else None
    if time is not None and samples is not None and isinstance(record, CallRecord):
        # Where the layer got its samples right, something after it lost them: see _batch_lost.
        if any(factor.means(Meaning.SAMPLES) for factor in record.batch):
            return
        follower.readings.contradicted(time, samples, mine, note.scores)
    elif not mine.variable.known or not theirs.variable.known:
        mine.variable.unify(theirs.variable)


def _kind(factor: Factor) -> str:
    if factor.means(Meaning.SAMPLES):
        return "rows"
    if factor.means(Meaning.TIME):
        return "time"
    return "rows" if factor.means(Meaning.ROWS) else "?"


def _opposite(mine: Axis, theirs: Axis) -> bool:
    """(steps, rows) flattened against (rows, steps)."""
    one, other = [_kind(f) for f in mine], [_kind(f) for f in theirs]
    if len(one) != 2 or len(other) != 2 or set(one) != {"rows", "time"}:
        return False
    return other in (one[::-1], [one[1], "?"], ["?", one[0]])


def _spelled(mine: Axis, theirs: Axis) -> str:
    def text(axis: Axis) -> str:
        return " x ".join(f"{_kind(f) if _kind(f) != '?' else 'steps'} {f.size}" for f in axis)

    return f"{text(mine)} against {text(theirs)}"


def _known(axis: Axis) -> list[Evidence]:
    found = []
    for factor in axis:
        for meaning in (Meaning.SAMPLES, Meaning.TIME, Meaning.ROWS):
            evidence = factor.variable.evidence(meaning)
            if evidence is not None:
                found.append(evidence)
                break
    return found


def spread(follower: Follower, step: _Step, label: Label, note: Spread) -> Label:
    """(N, 1) met (N,): certain once it is a loss."""
    other = note.other.label
    single = note.single.label
    if other is not None and other.marked(PER_SAMPLE):
        shapes = note.single.shape, note.other.shape
        follower.report(LossAxes("weights", step.place, step.operation.name, *shapes))
        return label
    if (other is not None and other.parts) or single is None or not single.parts:
        return label
    if step.operation.name in _COMPARES:
        return label
    text = f"{note.single.shape} and {note.other.shape}"
    if step.operation.shapes == ((),):
        follower.report(
            LossAxes("pairs", step.place, step.operation.name, note.single.shape, note.other.shape)
        )
        return label
    return replace(label, marks=label.marks | {Mark("pairs", step.place, None, text)})


_COMPARISONS = "eq ne lt le gt ge __eq__ __ne__ __lt__ __le__ __gt__ __ge__"
_COMPARES = frozenset(_COMPARISONS.split())


def met(follower: Follower, step: _Step, note: Met) -> None:
    """Rows in different orders were laid side by side."""
    if len(note.left) != 1 or len(note.right) != 1 or step.operation.name in _COMPARES:
        return
    left, right = note.left[0], note.right[0]
    if left.size == right.size and left.is_(right) and left.order != right.order:
        if not step.differentiable or left.means(Meaning.TIME) or turned(left, right):
            return
        place = _ordered_at(step.labels, left.variable)
        follower.report(OrdersMet(place or step.place, left.size, step.place, "met"))


def _ordered_at(labels: tuple[Label, ...], variable: Variable) -> Location | None:
    """Where one of the tensors was put back, if it was; otherwise where one was sorted."""
    marks = [m for label in labels for m in label.marks if m.variable is not None]
    for kind in ("restored", "sorted"):
        for mark in marks:
            if mark.kind == kind and mark.variable is not None and mark.variable.is_(variable):
                return mark.location
    return None


def at_their_ends(step: _Step, label: Label, note: Picked) -> bool:
    """True when each sequence was read at its own last step."""
    record = next((p.record for p in label.parts if _is_step(p, note)), None)
    if record is None or _padded(record, Meaning.PADDED_BEFORE) is not None:
        return False
    lengths = _lengths(record)
    if lengths is None or len(set(lengths)) == 1:
        return False
    return sorted(n - 1 for n in lengths) in [sorted(index) for index in _indices(step)]


def _is_step(part: Part, note: Picked) -> bool:
    return part.result == "output" and holds((part.record.time,), note.factor.variable)


def _lengths(record: CallRecord) -> tuple[int, ...] | None:
    """The true lengths of the sequences that a layer read, where they are known."""
    if record.lengths is not None:
        return record.lengths
    known = _padded(record, Meaning.PADDED)
    return known.source.lengths if known is not None else None


def _padded(record: CallRecord, meaning: str) -> Evidence | None:
    """What pad_sequence said of the steps that a layer read, where it read all of them."""
    if len(record.time) != 1 or record.time[0].window:
        return None
    known = record.time[0].variable.evidence(meaning)
    return known if known is not None and isinstance(known.source, Padding) else None


def _indices(step: _Step) -> Iterator[tuple[int, ...]]:
    for value in step.operation.args[1:]:
        for item in value if isinstance(value, (tuple, list)) else (value,):
            if isinstance(item, Operand) and item.firsts is not None:
                yield item.firsts()


def _packed_against_masked(follower: Follower, step: _Step, note: Lost) -> None:
    """The rows of packed data are in the order of the steps, those of a mask are not."""
    scores, targets = note.scores.label, note.targets.label if note.targets is not None else None
    if scores is None or targets is None or scores.packing is None or targets.packing is not None:
        return
    if scores.packing.lengths and note.scores.shape[0] != sum(scores.packing.lengths):
        return
    for mark in targets.marks:
        if mark.kind == "row by row":
            follower.report(OrdersOfPacking(mark.location, step.place, note.scores.shape[0]))


def attended(follower: Follower, step: _Step, label: Label, note: Contracted) -> None:
    """A product with attention weights: the steps that are summed must be those that share."""
    summed = next((f.variable.evidence(Meaning.TIME) for f in note.axis), None)
    if summed is None or not label.parts or size_of(note.axis) == 1:
        return
    shares = [mark for mark in label.marks if mark.kind == "shared"]
    if any(mark.is_along(note.axis) for mark in shares):
        return
    for mark in shares:
        known = mark.variable.evidence(Meaning.TIME) if mark.variable is not None else None
        if known is not None:
            follower.report(SharesAcross(mark.location, mark.text, known, summed, step.place))


def padding(follower: Follower, step: _Step, mark: Mark, note: Reduced | Contracted) -> None:
    """Steps of padded sequences were reduced without a mask."""
    known = mark.variable.evidence(Meaning.PADDED) if mark.variable else None
    if known is None:
        return
    marks = (m for label in step.labels for m in label.marks if m.kind == "weighted")
    weighted = next((m for m in marks if m.is_along(note.axis)), None)
    place, name = (weighted.location, weighted.text) if weighted else (step.place, note.name)
    steps, cut = size_of(note.axis), mark.text == "cut"
    follower.report(PaddingReduced(place, name, known, mark.location, cut, steps))
