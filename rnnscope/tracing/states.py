"""The states that a call of a recurrent layer is given: where they come from, how they lie."""

from __future__ import annotations

from typing import Any

import torch

from rnnscope.tracing.events import OrdersMet, StateAxes, StatesSwapped
from rnnscope.tracing.factors import Axis, Factor, Meaning, unify_axes
from rnnscope.tracing.following import Follower, is_rows
from rnnscope.tracing.labels import CallRecord, Label, Part
from rnnscope.tracing.table import LabelTable


def given(
    table: LabelTable, follower: Follower, record: CallRecord, hx: Any, turned: bool = False
) -> None:
    """Look at h_0 (and c_0) of a call, and remember which earlier results they are made of.

    ``turned`` is True where torch itself puts the states into the order of the packed rows.
    """
    tensors = hx if isinstance(hx, (tuple, list)) else (hx,)
    labels = [table.get(t) if isinstance(t, torch.Tensor) else None for t in tensors]
    for name, tensor, label in zip(("h_0", "c_0"), tensors, labels, strict=False):
        if label is not None and isinstance(tensor, torch.Tensor):
            follower.readings.exchanged_by_view(label)
            _look(follower, record, name, tuple(tensor.shape), label)
        if isinstance(tensor, torch.Tensor) and not turned:
            _check_order(follower, record, tensor, label)
    _check_swapped(follower, record, labels)
    record.state = frozenset(p for label in labels if label is not None for p in label.parts)
    for part in record.state:
        part.record.read.setdefault(part, set()).add("state")
        part.record.state = frozenset()  # one call back is enough; a chain would never end


def _look(
    follower: Follower,
    record: CallRecord,
    name: str,
    shape: tuple[int, ...],
    label: Label,
) -> None:
    axes = label.axes[-3:] if len(shape) == 3 else ((), *label.axes[-2:])
    if len(axes) != 3 or record.config.single_step or not record.batched:
        return
    slots, batch, _units = axes
    problem = _problem(slots, batch, record.batch)
    lower = _lower_layer(record, slots, label)
    if lower is not None:
        text = (
            f"its axis 0 holds the two directions of layer {lower.slot} of a stack of "
            f"{lower.record.config.num_layers}, where the layers belong"
        )
        place, built = lower.location, record.built_at
        follower.report(StateAxes(place, record.config, name, shape, text, built, place))
    elif problem is not None:
        place = label.moved or record.location
        follower.report(
            StateAxes(place, record.config, name, shape, problem, record.built_at, label.moved)
        )
    elif record.batch and batch:
        unify_axes(batch, record.batch)


def _check_order(
    follower: Follower, record: CallRecord, state: torch.Tensor, label: Label | None
) -> None:
    """A start of its own for each sample, beside rows that the program has sorted."""
    rows = record.batch[0] if len(record.batch) == 1 else None
    if rows is None or rows.order is None or list(rows.order) == sorted(rows.order):
        return
    batch = label.axes[-2] if label is not None and state.dim() > 1 else ()
    if any(factor.order is not None for factor in batch) or state.shape[-2:-1] != (rows.size,):
        return
    values = state.detach()
    if bool((values != values[..., :1, :]).any()):
        follower.report(OrdersMet(record.location, rows.size, record.location, "states"))


def _problem(slots: Axis, batch: Axis, rows: Axis) -> str | None:
    """What is wrong with (layers*directions, batch) of a state, if anything."""
    first = [f for f in slots if f.size > 1]
    if any(_is_sample(f, rows) for f in first):
        return "the samples lie along its axis 0, where the layers belong"
    second = [f for f in batch if f.size > 1]
    if second and all(_is_made(f) for f in second):
        return "its axis 1, where the batch belongs, holds features that a layer made"
    return None


def _lower_layer(record: CallRecord, slots: Axis, label: Label) -> Part | None:
    """Both directions of a lower layer, taken for the layers of a unidirectional stack."""
    if record.config.bidirectional or record.config.num_layers < 2 or len(slots) != 1:
        return None
    for part in label.parts:
        top = part.record.config.num_layers - 1
        both = slots[0].variable.is_(part.record.directions) and part.direction is None
        if both and part.slot is not None and 0 <= part.slot < top:
            return part
    return None


def _is_sample(factor: Factor, rows: Axis) -> bool:
    if factor.means(Meaning.LAYERS, Meaning.DIRECTIONS):
        return False
    return is_rows(factor) or any(factor.is_(row) for row in rows)


def _is_made(factor: Factor) -> bool:
    return factor.means(Meaning.FEATURE) and not is_rows(factor)


def _check_swapped(follower: Follower, record: CallRecord, labels: list[Label | None]) -> None:
    """h_n of an earlier call as c_0, and its c_n as h_0."""
    if len(labels) != 2 or labels[0] is None or labels[1] is None:
        return
    results = [{part.result for part in label.parts} for label in labels if label is not None]
    if results == [{"c_n"}, {"h_n"}]:
        follower.report(StatesSwapped(record.location, record.config))
