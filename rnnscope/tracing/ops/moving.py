"""transpose, permute, movedim, T, mT; and flip and roll, which reorder along an axis."""

from __future__ import annotations

from collections.abc import Sequence

from rnnscope.tracing.factors import Axes, Axis, fresh, size_of
from rnnscope.tracing.operations import Moved, Operation, Outcome, operation, position


def _ordered(axes: Axes, order: Sequence[int]) -> Outcome:
    new = tuple(axes[d] for d in order)
    kept = [axis for axis in axes if axis]
    return Outcome(new, () if [axis for axis in new if axis] == kept else (Moved(),))


@operation("transpose", "swapaxes", "swapdims", source=True)
def transpose(call: Operation) -> Outcome:
    ndim = call.first.ndim
    names = ("dim0", "dim1") if call.name == "transpose" else ("axis0", "axis1")
    one = position(call.get(1, names[0], 0), ndim)
    two = position(call.get(2, names[1], 1), ndim)
    order = list(range(ndim))
    order[one], order[two] = two, one
    return _ordered(call.first.axes, order)


@operation("permute", source=True)
def permute(call: Operation) -> Outcome:
    dims = call.variadic("dims")
    return _ordered(call.first.axes, [position(d, call.first.ndim) for d in dims])


@operation("t", "T", "mT", "H", "mH", "adjoint", source=True)
def turned(call: Operation) -> Outcome:
    ndim = call.first.ndim
    order = list(range(ndim))
    if call.name in ("T", "H", "t"):
        order.reverse()
    else:
        order[-2:] = order[:-3:-1]
    return _ordered(call.first.axes, order)


@operation("movedim", "moveaxis", source=True)
def movedim(call: Operation) -> Outcome:
    ndim = call.first.ndim
    source, destination = call.get(1, "source"), call.get(2, "destination")
    sources = [source] if isinstance(source, int) else list(source)
    targets = [destination] if isinstance(destination, int) else list(destination)
    moved = dict(
        zip(
            (position(d, ndim) for d in targets),
            (position(d, ndim) for d in sources),
            strict=True,
        )
    )
    rest = iter(d for d in range(ndim) if d not in moved.values())
    return _ordered(call.first.axes, [moved[d] if d in moved else next(rest) for d in range(ndim)])


@operation("flip", "fliplr", "flipud")
def flip(call: Operation) -> Outcome:
    """The same axis in reverse: a permutation that is its own inverse."""
    if call.name == "flip":
        dims = {position(d, call.first.ndim) for d in call.variadic("dims")}
    else:
        dims = {1 if call.name == "fliplr" else 0}
    return Outcome(tuple(_reversed(a) if d in dims else a for d, a in enumerate(call.first.axes)))


def _reversed(axis: Axis) -> Axis:
    if len(axis) != 1:
        return fresh(size_of(axis))
    factor = axis[0]
    order = factor.order or tuple(range(factor.size))
    back = order[::-1]
    plain = back == tuple(range(factor.size))
    return (type(factor)(factor.size, factor.variable, None if plain else back, factor.window),)


@operation("roll")
def roll(call: Operation) -> Outcome:
    """Elements move along an axis: what they run over is the same, their places are not."""
    dims = call.get(2, "dims")
    if dims is None:
        return Outcome(tuple(fresh(n) for n in call.shape))
    chosen = {position(d, call.first.ndim) for d in ([dims] if isinstance(dims, int) else dims)}
    return Outcome(
        tuple(fresh(size_of(a)) if d in chosen else a for d, a in enumerate(call.first.axes))
    )
