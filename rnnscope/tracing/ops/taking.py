"""What a slice, an index or a mask leaves of one axis."""

from __future__ import annotations

from dataclasses import replace

from rnnscope.tracing.factors import Axis, Factor, Meaning, fresh, resized, size_of
from rnnscope.tracing.operations import GATHERED, Note, Operand, Picked

# Evidence that a selection of elements keeps: rows are still independent of each other.
_KEPT = (Meaning.SAMPLES, Meaning.ROWS)


def pick(axis: Axis, index: int) -> tuple[Note, ...]:
    """One element along an axis: which index that is along each of its factors."""
    if index >= GATHERED:
        return tuple(Picked(factor, GATHERED) for factor in axis)
    from_end = index < 0
    rest = index + size_of(axis) if from_end else index
    notes: list[Note] = []
    for factor in reversed(axis):
        rest, own = divmod(rest, factor.size)
        # With several factors the sign as written belongs to the outermost one only.
        negative = from_end and own == factor.size - 1
        notes.append(Picked(factor, own - factor.size if negative else own))
    return tuple(notes)


def take(axis: Axis, start: int, stop: int, step: int = 1) -> tuple[Axis, tuple[Note, ...]]:
    """A slice ``start:stop:step`` with both ends counted from the front."""
    whole = size_of(axis)
    length = len(range(start, stop, step))
    if length == whole and step == 1:
        return axis, ()
    if length == 1:
        # The last one as a slice, x[:, -1:], is the last one.
        return (), pick(axis, start - whole if start == whole - 1 else start)
    if len(axis) > 1 and step == 1:
        return _take_outer(axis, start, length)
    return resized(axis, length), ()


def _take_outer(axis: Axis, start: int, length: int) -> tuple[Axis, tuple[Note, ...]]:
    """A slice that consists of whole blocks of the outermost factor, as ``x[..., :hidden]``."""
    first, rest = axis[0], axis[1:]
    inner = size_of(rest)
    if start % inner or length % inner:
        return fresh(length), ()
    if length == inner:
        return rest, (Picked(first, start // inner),)
    return (replace(first, size=length // inner, window=True), *rest), ()


def masked(axis: Axis, size: int) -> Axis:
    """What a boolean mask leaves."""
    return resized(axis, size)


def reindexed(axis: Axis, index: Operand) -> Axis:
    """``x[index]`` with one index a result row: a permutation, or a choice of rows."""
    if len(axis) == 1 and index.ndim == 1:
        factor = axis[0]
        sorts = any(f.means(Meaning.SORTED) for f in index.axes[0])
        undoes = factor.order is not None
        if index.values is not None and index.shape[0] == factor.size and (sorts or undoes):
            found = permuted(factor, index.values())
            if found is not None:
                return (found,)
        return chosen(factor, index)
    if index.ndim == 1 and index.known:
        return index.axes[0]
    return fresh(index.shape[0]) if index.ndim == 1 else fresh(size_of(axis))


def permuted(factor: Factor, index: tuple[int, ...]) -> Factor | None:
    """The factor in another order, or None where the index is no permutation."""
    if sorted(index) != list(range(factor.size)):
        return None
    order = index if factor.order is None else tuple(factor.order[i] for i in index)
    return replace(factor, order=None if order == tuple(range(factor.size)) else order)


def chosen(factor: Factor, index: Operand) -> Axis:
    """Rows picked by a tensor of indices: they are the rows of that tensor, too."""
    axis = index.axes[0] if index.axes else ()
    if len(axis) == 1:
        for meaning in _KEPT:
            evidence = factor.variable.evidence(meaning)
            if evidence is not None:
                axis[0].variable.note(evidence)
    return axis
