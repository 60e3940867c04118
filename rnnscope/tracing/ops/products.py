"""linear, matmul, bmm, einsum, attention: two axes are multiplied and summed away."""

from __future__ import annotations

from rnnscope.tracing.factors import (
    Axes,
    Axis,
    Evidence,
    Factor,
    Meaning,
    Variable,
    fresh,
    fresh_axes,
)
from rnnscope.tracing.operations import (
    Contracted,
    Met,
    Normalised,
    NoRule,
    Note,
    Operand,
    Operation,
    Outcome,
    Read,
    operation,
)
from rnnscope.tracing.ops.joining import meet


def made(size: int, because: str) -> Axis:
    """A new axis of features; a single one is kept, for what it meets later."""
    return (Factor(size, Variable(Evidence(Meaning.FEATURE, because))),)


@operation("linear", source=True)
def linear(call: Operation) -> Outcome:
    """The last axis is contracted with a weight, and a new one takes its place."""
    axes = call.first.axes
    notes = (Contracted(axes[-1], "Linear", parameter=True),)
    if len(call.shape) < len(axes):
        return Outcome(axes[:-1], notes)
    return Outcome((*axes[:-1], made(call.shape[-1], "a Linear layer made it")), notes)


@operation("bilinear", source=True)
def bilinear(call: Operation) -> Outcome:
    axes = call.first.axes
    return Outcome((*axes[:-1], made(call.shape[-1], "a Bilinear layer made it")))


@operation(
    "matmul", "mm", "bmm", "mv", "dot", "__matmul__", "__rmatmul__", "inner_", "baddbmm", "addmm"
)
def matmul(call: Operation) -> Outcome:
    """Batched where there are more than two axes."""
    operands = [value for value in call.args if isinstance(value, Operand)]
    if call.name in ("baddbmm", "addmm"):
        operands = operands[1:]
    if len(operands) != 2:
        raise NoRule(call.name)
    left, right = operands[::-1] if call.name == "__rmatmul__" else operands
    return product(left, right, call.shape, call.name)


def product(left: Operand, right: Operand, shape: tuple[int, ...], name: str) -> Outcome:
    """``left @ right``."""
    one, two = left.axes, right.axes
    inner = two[-1] if right.ndim == 1 else two[-2]
    notes: list[Note] = [
        Contracted(one[-1], name, right.parameter),
        Contracted(inner, name, left.parameter),
    ]
    if left.known and right.known and one[-1] != inner:
        notes.append(Met(one[-1], inner))
    rows = (one[-2],) if left.ndim > 1 else ()
    columns = (two[-1],) if right.ndim > 1 else ()
    if right.parameter and columns:
        columns = (made(shape[-1], "a weight made it"),)
    batch = shape[: len(shape) - len(rows) - len(columns)]
    if not batch:
        return Outcome((*rows, *columns), tuple(notes))
    stacks = [Operand(t.shape[:-2], t.axes[:-2], t.known) for t in (left, right) if t.ndim > 2]
    axes, met = meet(stacks, batch)
    return Outcome((*axes, *rows, *columns), (*notes, *met))


@operation("einsum")
def einsum(call: Operation) -> Outcome:
    """Letters name axes; letters that are not in the result are summed away."""
    equation = call.args[0]
    given = call.args[1:]
    if len(given) == 1 and isinstance(given[0], (list, tuple)):
        given = tuple(given[0])
    if not isinstance(equation, str) or "." in equation:
        raise NoRule("einsum")
    inputs, arrow, result = equation.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if not arrow:
        letters = sorted({c for c in inputs if c.isalpha()})
        result = "".join(c for c in letters if inputs.count(c) == 1)
    axes: dict[str, Axis] = {}
    notes: list[Note] = []
    weights = {c for term, t in zip(terms, given, strict=True) if t.parameter for c in term}
    for term, tensor in zip(terms, given, strict=True):
        for letter, axis in zip(term, tensor.axes, strict=True):
            if letter not in axes or (tensor.known and not tensor.parameter):
                if letter in axes and axes[letter] != axis and tensor.known:
                    notes.append(Met(axes[letter], axis))
                axes[letter] = axis
    gone = [c for c in axes if c not in result]
    notes += [Contracted(axes[c], "einsum", c in weights) for c in gone if axes[c]]
    return Outcome(tuple(axes[c] for c in result), tuple(notes))


@operation("multi_head_attention_forward", source=True)
def attention_layer(call: Operation) -> list[Outcome]:
    """(time, batch, features), as nn.MultiheadAttention passes it on whatever its batch_first."""
    query, key = call.first, call.get(1, "key")
    if query.ndim != 3:
        return [Outcome(fresh_axes(shape)) for shape in call.shapes]
    name = "MultiheadAttention"
    notes = (
        Read(query.axes[0], Meaning.TIME, name),
        Read(query.axes[1], Meaning.ROWS, name),
        Read(key.axes[0], Meaning.TIME, name),
        Read(key.axes[1], Meaning.ROWS, name),
        Normalised(query.axes[0], name),
        Contracted(query.axes[2], name, parameter=True),
    )
    output = (*query.axes[:2], made(call.shapes[0][-1], f"{name} made it"))
    weights = [Outcome(fresh_axes(shape)) for shape in call.shapes[1:]]
    return [Outcome(output, notes), *weights]


@operation("scaled_dot_product_attention")
def attention(call: Operation) -> Outcome:
    """(..., L, E), (..., S, E), (..., S, E_v) -> (..., L, E_v)."""
    query, key, value = call.first, call.get(1, "key"), call.get(2, "value")
    stacks = [Operand(t.shape[:-2], t.axes[:-2], t.known) for t in (query, key, value)]
    axes: Axes
    axes, notes = meet(stacks, call.shape[:-2])
    return Outcome((*axes, query.axes[-2], value.axes[-1]), notes)


@operation("cosine_similarity", "pairwise_distance")
def similarity(call: Operation) -> Outcome:
    """Features are compared: their axis goes."""
    default = 1 if call.name == "cosine_similarity" else -1
    dim = call.get(2, "dim", default) if call.name == "cosine_similarity" else -1
    operands = [value for value in call.args if isinstance(value, Operand)]
    ndim = max(t.ndim for t in operands)
    shape = list(call.shape)
    dim = dim % ndim
    shape.insert(dim, max(t.shape[dim] if t.ndim == ndim else 1 for t in operands))
    axes, notes = meet(operands, tuple(shape))
    return Outcome((*axes[:dim], *axes[dim + 1 :]), notes)


@operation("outer", "ger")
def outer(call: Operation) -> Outcome:
    other = call.get(1, "vec2")
    return Outcome((call.first.axes[0], other.axes[0] if other.ndim else fresh(1)))
