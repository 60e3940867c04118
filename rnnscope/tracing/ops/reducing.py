"""sum, mean, max and their kin, which remove axes; softmax, cumsum, sort, which tie them."""

from __future__ import annotations

from typing import Any

from rnnscope.tracing.factors import Axes, Evidence, Meaning, fresh, fresh_axes
from rnnscope.tracing.operations import (
    Normalised,
    NoRule,
    Operand,
    Operation,
    Outcome,
    Reduced,
    operation,
    position,
)
from rnnscope.tracing.ops.pointwise import binary


def _dims(dim: Any, ndim: int) -> set[int]:
    if dim is None or dim == ():
        return set(range(ndim))
    if isinstance(dim, int) and not isinstance(dim, bool):
        return {position(dim, ndim)}
    if isinstance(dim, (tuple, list)):
        return {position(d, ndim) for d in dim}
    raise NoRule("dim")


def _without(axes: Axes, dims: set[int], shape: tuple[int, ...]) -> Axes:
    if len(shape) == len(axes):
        return tuple(() if d in dims else axis for d, axis in enumerate(axes))
    return tuple(axis for d, axis in enumerate(axes) if d not in dims)


_REDUCTIONS = """
sum mean prod max min amax amin median nanmean nansum nanmedian logsumexp norm std var any all
argmax argmin mode std_mean var_mean aminmax count_nonzero quantile nanquantile cummax_
"""


@operation(*_REDUCTIONS.split())
def reduce(call: Operation) -> list[Outcome]:
    """Without a dimension everything goes; max and min of two tensors are element by element."""
    tensor = call.first
    place = {"norm": 2, "quantile": 2, "nanquantile": 2}.get(call.name, 1)
    dim = call.get(place, "dim", call.kwargs.get("axis"))
    if call.name in ("any", "all") and dim is None and tensor.ndim == 0:
        return [Outcome(())]
    if isinstance(dim, Operand):  # torch.max(a, b)
        return [binary(call)]
    dims = _dims(dim, tensor.ndim)
    if call.name == "norm" and dim is None and len(call.shape) == tensor.ndim:
        dims = set()
    notes = tuple(Reduced(tensor.axes[d], call.name) for d in sorted(dims) if tensor.axes[d])
    axes = _without(tensor.axes, dims, call.shape)
    if len(axes) != len(call.shape):
        raise NoRule(call.name)
    return [Outcome(axes, notes if i == 0 else ()) for i in range(len(call.shapes))]


@operation("softmax", "log_softmax", "softmin", "gumbel_softmax", "_softmax", "_log_softmax")
def normalise(call: Operation) -> Outcome:
    """Each element depends on all along the axis, which stays."""
    place = 4 if call.name == "gumbel_softmax" else 1
    dim = call.get(place, "dim", -1)
    if dim is None:
        dim = 0 if call.first.ndim in (0, 1, 3) else 1
    if call.first.ndim == 0:
        return Outcome(())
    axis = call.first.axes[position(dim, call.first.ndim)]
    return Outcome(call.first.axes, (Normalised(axis, call.name),))


@operation("cumsum", "cumprod", "cummax", "cummin", "logcumsumexp", "cumsum_")
def accumulate(call: Operation) -> list[Outcome]:
    axis = call.first.axes[position(call.get(1, "dim"), call.first.ndim)]
    return [
        Outcome(call.first.axes, (Normalised(axis, call.name),) if i == 0 else ())
        for i in range(len(call.shapes))
    ]


@operation("sort", "argsort", "topk", "kthvalue", "diff", "unique_consecutive", source=True)
def sort(call: Operation) -> list[Outcome]:
    """Along the sorted axis elements stand in an order of their own: nothing is known of it."""
    if call.name == "unique_consecutive":
        return [Outcome(fresh_axes(shape)) for shape in call.shapes]
    place = {"topk": 2, "kthvalue": 2, "diff": 2}.get(call.name, 1)
    dim = call.get(place, "dim", -1)
    if isinstance(dim, bool):
        dim = -1
    if call.first.ndim == 0:
        return [Outcome(()) for _ in call.shapes]
    dim = position(dim, call.first.ndim)
    results = []
    for number, shape in enumerate(call.shapes):
        axes = call.first.axes
        indices = call.name == "argsort" or (call.name == "sort" and number == 1)
        evidence = (Evidence(Meaning.SORTED, "sort gave the order"),) if indices else ()
        new = (fresh(shape[dim], *evidence),) if len(shape) == len(axes) else ()
        results.append(Outcome((*axes[:dim], *new, *axes[dim + 1 :])))
    return results


@operation("diag", "diagonal")
def diagonal(call: Operation) -> Outcome:
    """The diagonal of a square is one of its sides."""
    if call.first.ndim == 2 and len(call.shape) == 1 and call.get(1, "diagonal", 0) == 0:
        sides = call.first.axes[:1]
        return Outcome(sides if call.first.shape[0] == call.shape[0] else fresh_axes(call.shape))
    return Outcome(fresh_axes(call.shape))
