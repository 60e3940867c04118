"""One to one, and element by element with broadcasting."""

from __future__ import annotations

from rnnscope.tracing.factors import Axis, Meaning, fresh, resized, size_of
from rnnscope.tracing.operations import (
    PER_SAMPLE,
    Note,
    Operand,
    Operation,
    Outcome,
    Spread,
    operation,
)
from rnnscope.tracing.ops.joining import meet

_UNARY = """
abs abs_ absolute alpha_dropout acos asin atan bernoulli bfloat16 bool byte ceil celu char
clamp clamp_ clamp_max clamp_min clip clip_ clone contiguous cos cosh cpu cuda deg2rad detach
detach_ digamma double dropout dropout1d dropout_ elu elu_ erf erf_ erfc erfinv exp exp_ exp2
expm1 feature_alpha_dropout feature_dropout float floor frac gelu half hardshrink hardsigmoid
hardswish hardtanh hardtanh_ int isfinite isinf isnan leaky_relu leaky_relu_ lgamma log log10
log1p log2 logical_not logsigmoid long mish nan_to_num neg neg_ negative positive reciprocal
relu relu6 relu_ requires_grad_ round rrelu rsqrt selu sgn short sigmoid sigmoid_ sign silu
sin sinc sinh softplus softshrink softsign sqrt square tan tanh tanh_ tanhshrink threshold to
triu tril trunc type type_as zero_ zeros_like ones_like __neg__ __pos__ __abs__ __invert__
bitwise_not alias __deepcopy__ pin_memory data normalize layer_norm native_dropout rms_norm
real imag conj resolve_conj __float__ expand_copy fill_ requires_grad retain_grad_
quantize_per_tensor logit special_expit nan_to_num_ full_like rand_like randn_like
randint_like empty_like bernoulli_ normal_ uniform_
"""

_BINARY = """
add add_ sub sub_ subtract mul mul_ multiply div div_ divide true_divide floor_divide
remainder fmod pow pow_ maximum minimum fmax fmin atan2 eq ne lt le gt ge greater less
greater_equal less_equal not_equal equal_ logical_and logical_or logical_xor bitwise_and
bitwise_or bitwise_xor where lerp lerp_ addcmul addcdiv masked_fill masked_fill_ copysign
hypot logaddexp xlogy prelu rsub __add__ __radd__ __iadd__ __sub__ __rsub__ __isub__ __mul__
__rmul__ __imul__ __truediv__ __rtruediv__ __itruediv__ __div__ __rdiv__ __idiv__ __floordiv__
__rfloordiv__ __mod__ __rmod__ __pow__ __rpow__ __ipow__ __eq__ __ne__ __lt__ __le__ __gt__
__ge__ __and__ __rand__ __or__ __ror__ __xor__ __iand__ __ior__ copy_ clamp_ heaviside isclose
threshold_ dist_ addcmul_ addcdiv_ logical_not_ float_power
"""


@operation(*_UNARY.split())
def unary(call: Operation) -> Outcome:
    """Element by element: the axes stay as they are."""
    if call.shape != call.first.shape:
        return binary(call)
    return Outcome(call.first.axes)


@operation(*_BINARY.split())
def binary(call: Operation) -> Outcome:
    """Broadcast as torch does: aligned at the last axis."""
    tensors = [
        value
        for value in (*call.args, *call.kwargs.values())
        if isinstance(value, Operand) and value.ndim <= len(call.shape)
    ]
    axes, notes = meet(tensors, call.shape)
    return Outcome(axes, notes + _spreads(tensors))


def _spreads(tensors: list[Operand]) -> tuple[Note, ...]:
    """(N, 1) of a layer, or for the losses of samples, against (N,): every row meets every row."""
    notes = []
    for single in tensors:
        for other in tensors:
            below = other is not single and other.ndim == single.ndim - 1
            column = below and (_is_column(single) or _weights(single, other))
            if column and other.shape[-1] == single.shape[-2]:
                notes.append(Spread(single, other))
    return tuple(notes)


def _weights(single: Operand, losses: Operand) -> bool:
    """A column of other numbers, of the same length, beside one loss for each sample."""
    column = single.shape == (*losses.shape, 1)
    return column and _are_losses(losses) and not _are_losses(single)


def _are_losses(tensor: Operand) -> bool:
    return tensor.label is not None and bool(tensor.label.marked(PER_SAMPLE))


def _is_column(tensor: Operand) -> bool:
    if tensor.ndim < 2 or tensor.shape[-1] != 1 or not tensor.known:
        return False
    return _is_feature(tensor.axes[-1]) and size_of(tensor.axes[-2]) > 1


def _is_feature(axis: Axis) -> bool:
    return len(axis) == 1 and axis[0].means(Meaning.FEATURE)


@operation("one_hot")
def one_hot(call: Operation) -> Outcome:
    """A new last axis with the classes."""
    return Outcome((*call.first.axes, fresh(call.shape[-1])))


@operation("pad")
def pad(call: Operation) -> Outcome:
    """Axes that were made longer are the same axes with other ends."""
    return Outcome(tuple(resized(a, n) for a, n in zip(call.first.axes, call.shape, strict=True)))
