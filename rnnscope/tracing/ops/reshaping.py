"""view, reshape, flatten, unflatten, squeeze, unsqueeze, expand, repeat."""

from __future__ import annotations

from typing import Any

from rnnscope.tracing.factors import Axes, Axis, Evidence, Meaning, fresh, size_of
from rnnscope.tracing.operations import (
    NoRule,
    Operation,
    Outcome,
    Regrouping,
    operation,
    position,
)
from rnnscope.tracing.reshape_algebra import regroup


@operation("view", "reshape", "view_as", "reshape_as", "flatten", "unflatten", "ravel", source=True)
def reshape(call: Operation) -> Outcome:
    """All of them read the same elements, in the same order, with other boundaries."""
    if call.name == "view" and not all(isinstance(n, int) for n in call.variadic("size")):
        raise NoRule("view as another dtype")
    before = call.first.axes
    if tuple(call.shape) == call.first.shape:
        return Outcome(before)
    result = regroup(before, call.shape)
    return Outcome(result.axes, (Regrouping(before, call.shape, result),))


@operation("squeeze", source=True)
def squeeze(call: Operation) -> Outcome:
    tensor = call.first
    dims = call.variadic("dim")
    ndim = tensor.ndim
    chosen = {position(d, ndim) for d in dims} if dims else set(range(ndim))
    gone = {d for d in chosen if tensor.shape[d] == 1}
    return Outcome(tuple(axis for d, axis in enumerate(tensor.axes) if d not in gone))


@operation("unsqueeze", source=True)
def unsqueeze(call: Operation) -> Outcome:
    dim = position(call.get(1, "dim"), call.first.ndim + 1)
    axes = call.first.axes
    return Outcome((*axes[:dim], (), *axes[dim:]))


@operation("expand", "expand_as", "broadcast_to")
def expand(call: Operation) -> Outcome:
    """New axes repeat what is there; an expanded axis of size 1 is one of them."""
    other = call.get(1, "other")
    known = getattr(other, "axes", None) if getattr(other, "known", False) else None
    return Outcome(_grown(call.first.axes, call.shape, known))


def _grown(axes: Axes, shape: tuple[int, ...], known: Any = None) -> Axes:
    missing = len(shape) - len(axes)
    old: list[Axis | None] = [None] * missing + list(axes)
    return tuple(
        axis
        if axis is not None and size_of(axis) == size
        else known[d]
        if known is not None
        else _copies(size)
        for d, (axis, size) in enumerate(zip(old, shape, strict=True))
    )


def _copies(size: int) -> Axis:
    return fresh(size, Evidence(Meaning.COPIES, "repeat or expand made copies along it"))


@operation("repeat", "tile")
def repeat(call: Operation) -> Outcome:
    """The repetitions of an axis are the outer factor of the new one."""
    tensor = call.first
    old = [()] * (len(call.shape) - tensor.ndim) + list(tensor.axes)
    return Outcome(
        tuple(
            axis if size_of(axis) == size else (*_copies(size // size_of(axis)), *axis)
            for axis, size in zip(old, call.shape, strict=True)
        )
    )


@operation("repeat_interleave")
def repeat_interleave(call: Operation) -> Outcome:
    """The repetitions of an axis are the inner factor of the new one."""
    repeats, dim = call.get(1, "repeats"), call.get(2, "dim")
    if not isinstance(repeats, int) or dim is None:
        raise NoRule("repeat_interleave")
    dim = position(dim, call.first.ndim)
    axes = call.first.axes
    return Outcome((*axes[:dim], (*axes[dim], *fresh(repeats)), *axes[dim + 1 :]))
