"""pack_padded_sequence and pad_packed_sequence: the axes go in, and come out again."""

from __future__ import annotations

from typing import Any

import torch

from rnnscope.findings import Location
from rnnscope.recording.user_code import here
from rnnscope.tracing.events import CountedElsewhere
from rnnscope.tracing.factors import (
    Axis,
    Evidence,
    Meaning,
    fresh,
    fresh_axes,
    holds,
    resized,
    size_of,
)
from rnnscope.tracing.following import Follower
from rnnscope.tracing.labels import Label, Mark, Packing
from rnnscope.tracing.ops.sequences import ragged
from rnnscope.tracing.table import LabelTable


def packed(table: LabelTable, follower: Follower, args: tuple[Any, ...], result: Any) -> None:
    """``_pack_padded_sequence(input, lengths, batch_first)`` made (data, batch_sizes)."""
    tensor, lengths, batch_first = args[:3]
    label = table.get(tensor) or Label(fresh_axes(tensor.shape))
    table.set(tensor, label)
    rows, steps = label.axes[:2] if batch_first else label.axes[1::-1]
    sizes = tuple(int(n) for n in lengths.tolist())
    place = here(2)
    reads = follower.readings
    said = f"pack_padded_sequence with batch_first={bool(batch_first)}"
    for factor in rows:
        evidence = Evidence(Meaning.SAMPLES, f"{said} takes the sequences there", place)
        if len(set(sizes)) > 1:
            reads.read(factor, evidence, label, tuple(tensor.shape))
    for factor in steps:
        evidence = Evidence(Meaning.TIME, f"{said} takes the steps there", place)
        reads.read(factor, evidence, label, tuple(tensor.shape))
        if len(set(sizes)) > 1:
            factor.variable.note(ragged(min(sizes), max(sizes), place))
    _look_at_lengths(follower, label, steps, table.get(lengths), place)
    packing = Packing(rows, steps, sizes, bool(batch_first), place)
    data = result[0]
    axes = (*fresh_axes(data.shape[:1]), *label.axes[2:])
    marks = frozenset(mark for mark in label.marks if mark.kind in ("tied", "sorted"))
    table.set(data, Label(axes, label.parts, marks, label.moved, label.mixed, packing))


def _look_at_lengths(
    follower: Follower, label: Label, steps: Axis, lengths: Label | None, place: Location | None
) -> None:
    """Lengths that were counted along the features of the very tensor that they are for."""
    for mark in lengths.marks if lengths is not None else ():
        if mark.kind != "counted along" or mark.variable is None:
            continue
        if holds(label.axes[2:], mark.variable) and not holds((steps,), mark.variable):
            sizes = [f.size for a in label.axes[2:] for f in a if f.variable.is_(mark.variable)]
            follower.report(CountedElsewhere(mark.location, sizes[0], size_of(steps), place))


def unpacked(table: LabelTable, args: tuple[Any, ...], result: Any) -> None:
    """``_pad_packed_sequence(data, batch_sizes, batch_first, padding_value, total_length)``."""
    data, _, batch_first, padding = args[:4]
    label = table.get(data)
    if label is None or label.packing is None:
        return
    tensor = result[0]
    packing = label.packing
    if _size(packing.batch) == result[1].shape[0]:
        table.set(result[1], Label((packing.batch,)))
    time = resized(packing.time, tensor.shape[1 if batch_first else 0])
    rows = packing.batch
    axes = ((rows, time) if batch_first else (time, rows)) + label.axes[1:]
    if tuple(tensor.shape[:2]) != tuple(_size(a) for a in axes[:2]):
        axes = (*(fresh(n) for n in tensor.shape[:2]), *label.axes[1:])
    marks = label.marks
    if len(set(packing.lengths)) > 1 and len(time) == 1 and padding == 0:
        marks |= {Mark("unmasked", here(2), time[0].variable, "cut")}
    table.set(tensor, Label(axes, label.parts, marks, None, label.mixed))


def _size(axis: tuple[Any, ...]) -> int:
    size = 1
    for factor in axis:
        size *= factor.size
    return size


def assigned(table: LabelTable, args: tuple[Any, ...]) -> None:
    """``target[i] = value``: a tensor that is filled part by part has the axes of its parts."""
    if len(args) != 3 or not isinstance(args[2], torch.Tensor):
        return
    target, index, value = args
    label = table.get(value)
    if (
        label is None
        or value.dim() + 1 != target.dim()
        or (value.requires_grad is False and not label.parts)
    ):
        return
    known = table.get(target)
    if known is not None and known.parts == label.parts:
        return
    items = index if isinstance(index, tuple) else (index,)
    place = next((d for d, item in enumerate(items) if isinstance(item, int)), None)
    if place is None or any(not isinstance(i, (int, slice)) for i in items):
        return
    if any(isinstance(item, slice) and item != slice(None) for item in items):
        return
    axes = (*label.axes[:place], fresh(target.shape[place]), *label.axes[place:])
    if known is not None and tuple(_size(a) for a in known.axes) == tuple(target.shape):
        axes = (*label.axes[:place], known.axes[place], *label.axes[place:])
    if tuple(_size(a) for a in axes) == tuple(target.shape):
        table.set(target, Label(axes, label.parts, label.marks, None, label.mixed))
