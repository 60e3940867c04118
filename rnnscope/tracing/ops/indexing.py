"""x[...], select, narrow, split, chunk, unbind, gather, index_select, x[...] = y."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from rnnscope.tracing.factors import Axes, Axis, fresh, fresh_axes, holds, size_of
from rnnscope.tracing.operations import (
    GATHERED,
    Collected,
    Masked,
    NoRule,
    Operand,
    Operation,
    Outcome,
    operation,
    position,
)
from rnnscope.tracing.ops.taking import masked, pick, reindexed, take


@operation("__getitem__", source=True)
def getitem(call: Operation) -> Outcome:
    """Every kind of index: numbers, slices, None, ``...``, masks, tensors, lists."""
    tensor = call.first
    index = call.args[1]
    items = list(index) if isinstance(index, tuple) else [index]
    items = _spelled_out(items, tensor.ndim)
    found = Collected()
    axes: list[Axis] = []
    advanced: list[tuple[int, Axis, Any]] = []
    dim = 0
    for item in items:
        if item is None:
            axes.append(())
            continue
        if isinstance(item, bool):
            raise NoRule("bool index")
        if isinstance(item, Operand) and item.boolean and item.ndim > 1:
            return Outcome(fresh_axes(call.shape), (Masked(),) if dim == 0 else ())
        axis = tensor.axes[dim]
        if isinstance(item, int):
            found.add(*pick(axis, item))
        elif isinstance(item, Operand) and item.ndim == 0:
            found.add(*pick(axis, GATHERED))
        elif isinstance(item, slice):
            kept, notes = take(axis, *_bounds(item, size_of(axis)))
            found.add(*notes)
            axes.append(kept)
        else:
            advanced.append((len(axes), axis, item))
        dim += 1
    return found.of(_with_advanced(axes, advanced, call.shape, found))


def _spelled_out(items: list[Any], ndim: int) -> list[Any]:
    """The same index with ``...`` and the trailing axes written as full slices."""
    used = sum(
        item.ndim if isinstance(item, Operand) and item.boolean else 1
        for item in items
        if item is not None and item is not Ellipsis
    )
    full = [slice(None)] * (ndim - used)
    at = next((i for i, item in enumerate(items) if item is Ellipsis), None)
    if at is None:
        return [*items, *full]
    return [*items[:at], *full, *items[at + 1 :]]


def _bounds(item: slice, size: int) -> tuple[int, int, int]:
    ends = (item.start, item.stop, item.step)
    if any(end is not None and not isinstance(end, int) for end in ends):
        raise NoRule("slice")
    return item.indices(size)


def _with_advanced(
    axes: list[Axis],
    advanced: list[tuple[int, Axis, Any]],
    shape: tuple[int, ...],
    found: Collected,
) -> Axes:
    """Put the axes that index tensors make where torch puts them."""
    if not advanced:
        return tuple(axes)
    places = [place for place, _, _ in advanced]
    new = shape[places[0] :][: len(shape) - len(axes)]
    if len(advanced) == 1:
        axis, item = advanced[0][1:]
        made = _indexed(axis, item, new)
    elif len(set(places)) == 1:
        made = _paired(advanced, new, found)
    else:
        raise NoRule("index tensors apart from each other")
    return (*axes[: places[0]], *made, *axes[places[0] :])


def _indexed(axis: Axis, item: Any, new: tuple[int, ...]) -> Axes:
    if isinstance(item, Operand) and item.boolean:
        return (masked(axis, new[0]),)
    if isinstance(item, Operand) and len(new) == 1:
        return (reindexed(axis, item),)
    if isinstance(item, Operand):
        return item.axes
    if isinstance(item, (list, range)) and len(new) == 1:
        made = Operand((new[0],), fresh_axes(new), values=lambda: tuple(item))
        return (reindexed(axis, made),)
    return fresh_axes(new)


def _paired(advanced: list[tuple[int, Axis, Any]], new: tuple[int, ...], found: Collected) -> Axes:
    """``x[lengths - 1, torch.arange(N)]``: the axis that is counted through stays, others are read
    at an index of each element's own."""
    stays = next((axis for _, axis, item in advanced if _counts(item, size_of(axis))), None)
    for _, axis, _item in advanced:
        if axis is not stays:
            found.add(*pick(axis, GATHERED))
    if stays is not None and new == (size_of(stays),):
        return (stays,)
    return fresh_axes(new)


def _counts(item: Any, size: int) -> bool:
    if isinstance(item, Operand):
        if item.boolean or item.shape != (size,) or item.values is None:
            return False
        return item.values() == tuple(range(size))
    return isinstance(item, (range, list)) and list(item) == list(range(size))


@operation("select", source=True)
def select(call: Operation) -> Outcome:
    dim = position(call.get(1, "dim"), call.first.ndim)
    index = call.get(2, "index")
    if not isinstance(index, int):
        index = GATHERED
    axes = call.first.axes
    return Outcome(axes[:dim] + axes[dim + 1 :], pick(axes[dim], index))


@operation("narrow", source=True)
def narrow(call: Operation) -> Outcome:
    start, length = call.get(2, "start"), call.get(3, "length")
    if not isinstance(start, int):
        raise NoRule("narrow")
    dim = position(call.get(1, "dim"), call.first.ndim)
    start = start + call.first.shape[dim] if start < 0 else start
    return _part(call.first, dim, start, start + length)


def _part(tensor: Operand, dim: int, start: int, stop: int) -> Outcome:
    axis, notes = take(tensor.axes[dim], start, stop)
    return Outcome((*tensor.axes[:dim], axis, *tensor.axes[dim + 1 :]), notes)


@operation("split", "chunk", "tensor_split", "split_with_sizes", "hsplit", "vsplit", source=True)
def split(call: Operation) -> list[Outcome]:
    """Parts of one axis, one after the other."""
    default = {"hsplit": 1 if call.first.ndim > 1 else 0}.get(call.name, 0)
    dim = position(call.get(2, "dim", default), call.first.ndim)
    ends = list(accumulate(shape[dim] for shape in call.shapes))
    return [
        _part(call.first, dim, end - shape[dim], end)
        for end, shape in zip(ends, call.shapes, strict=True)
    ]


@operation("unbind", "__iter__", source=True)
def unbind(call: Operation) -> list[Outcome]:
    """One by one along an axis: nothing is singled out."""
    dim = position(call.get(1, "dim", 0), call.first.ndim)
    axes = call.first.axes
    rest = axes[:dim] + axes[dim + 1 :]
    return [Outcome(rest, pick(axes[dim], i)) for i in range(len(call.shapes))]


@operation("index_select", source=True)
def index_select(call: Operation) -> Outcome:
    dim = position(call.get(1, "dim"), call.first.ndim)
    index = call.get(2, "index")
    if not isinstance(index, Operand):
        raise NoRule("index_select")
    if index.ndim != 1:
        return Outcome((*call.first.axes[:dim], (), *call.first.axes[dim + 1 :]))
    axis = reindexed(call.first.axes[dim], index)
    return Outcome((*call.first.axes[:dim], axis, *call.first.axes[dim + 1 :]))


@operation("gather", "take_along_dim")
def gather(call: Operation) -> Outcome:
    tensor, index = call.first, call.get(2, "index")
    dim = call.get(1, "dim")
    if call.name == "take_along_dim":
        index, dim = call.get(1, "indices"), call.get(2, "dim")
    dim = position(dim, tensor.ndim)
    if not isinstance(index, Operand) or index.ndim != tensor.ndim:
        raise NoRule(call.name)
    axes = tuple(
        axis if size_of(axis) == size else fresh(size)
        for axis, size in zip(tensor.axes, call.shape, strict=True)
    )
    # Along the gathered axis element i comes from anywhere: it runs over the index's own things.
    own = index.axes[dim] if index.known else ()
    if size_of(own) != call.shape[dim] or any(
        holds((tensor.axes[dim],), factor.variable) for factor in own
    ):
        own = fresh(call.shape[dim])
    return Outcome((*axes[:dim], own, *axes[dim + 1 :]), pick(tensor.axes[dim], GATHERED))


@operation("masked_select", "nonzero", "__contains__")
def unordered(call: Operation) -> list[Outcome]:
    notes = (Masked(),) if call.name == "masked_select" and call.first.ndim > 1 else ()
    return [Outcome(fresh_axes(shape), notes) for shape in call.shapes]
