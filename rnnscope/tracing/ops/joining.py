"""cat and stack."""

from __future__ import annotations

from collections.abc import Sequence

from rnnscope.tracing.factors import (
    Axes,
    Axis,
    Factor,
    Variable,
    fresh,
    same_axis,
    size_of,
    unify_axes,
)
from rnnscope.tracing.operations import (
    Met,
    NoRule,
    Note,
    Operand,
    Operation,
    Outcome,
    operation,
    position,
)


@operation("cat", "concat", "concatenate")
def cat(call: Operation) -> Outcome:
    """Along the joined axis all is new; along the others the tensors meet."""
    tensors = _tensors(call)
    dim = position(call.get(1, "dim", call.kwargs.get("axis", 0)), len(call.shape))
    axes, notes = meet([t for t in tensors if t.ndim == len(call.shape)], call.shape, skip=dim)
    joined = _joined([t.axes[dim] for t in tensors if t.ndim == len(call.shape)], call.shape[dim])
    return Outcome((*axes[:dim], joined, *axes[dim + 1 :]), notes)


def _joined(axes: Sequence[Axis], size: int) -> Axis:
    full = [axis for axis in axes if axis]
    if len(full) == 1 and size_of(full[0]) == size:
        return full[0]
    alike = all(same_axis(full[0], a) and not _reordered(full[0], a) for a in full[1:])
    if len(full) == len(axes) > 1 and alike:
        return (Factor(len(full), Variable()), *full[0])  # the same rows, again and again
    return fresh(size)


@operation("stack")
def stack(call: Operation) -> Outcome:
    tensors = _tensors(call)
    dim = position(call.get(1, "dim", 0), len(call.shape))
    rest = call.shape[:dim] + call.shape[dim + 1 :]
    axes, notes = meet(tensors, rest)
    return Outcome((*axes[:dim], fresh(call.shape[dim]), *axes[dim:]), notes)


@operation("hstack", "vstack", "dstack")
def stacked(call: Operation) -> Outcome:
    tensors = _tensors(call)
    if any(t.ndim != len(call.shape) for t in tensors):
        raise NoRule(call.name)
    dim = {"hstack": 1 if len(call.shape) > 1 else 0, "vstack": 0, "dstack": 2}[call.name]
    axes, notes = meet(tensors, call.shape, skip=dim)
    return Outcome((*axes[:dim], fresh(call.shape[dim]), *axes[dim + 1 :]), notes)


def _tensors(call: Operation) -> list[Operand]:
    given = call.get(0, "tensors")
    if not isinstance(given, (list, tuple)) or not given:
        raise NoRule(call.name)
    tensors = [item for item in given if isinstance(item, Operand)]
    if len(tensors) != len(given):
        raise NoRule(call.name)
    return tensors


def meet(
    tensors: Sequence[Operand], shape: tuple[int, ...], skip: int | None = None
) -> tuple[Axes, tuple[Note, ...]]:
    """The axes of tensors that are laid side by side, broadcast to a shape if need be.

    An axis that is not known takes the identity of the known one it meets.
    """
    axes: list[Axis] = []
    notes: list[Note] = []
    for back in range(-len(shape), 0):
        if skip is not None and back + len(shape) == skip:
            axes.append(())
            continue
        here = [t.axes[back] for t in tensors if t.ndim >= -back and size_of(t.axes[back]) > 1]
        known = [t for t in tensors if t.known and t.ndim >= -back and size_of(t.axes[back]) > 1]
        if not here:
            single = (t.axes[back] for t in tensors if t.ndim >= -back and t.axes[back])
            axes.append(next(single, ()))
            continue
        lead = known[0].axes[back] if known else here[0]
        for other in known[1:]:
            if not same_axis(lead, other.axes[back]):
                unify_axes(lead, other.axes[back])
            if not same_axis(lead, other.axes[back]) or _reordered(lead, other.axes[back]):
                notes.append(Met(lead, other.axes[back]))
        axes.append(lead)
    return tuple(axes), tuple(notes)


def _reordered(one: Axis, other: Axis) -> bool:
    return any(a.order != b.order for a, b in zip(one, other, strict=True))
