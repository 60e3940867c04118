"""embedding, convolution, normalisation, pooling: layers that say which axis is which."""

from __future__ import annotations

from rnnscope.tracing.factors import Axes, Evidence, Meaning, fresh_axes, resized, size_of
from rnnscope.tracing.operations import (
    Contracted,
    Note,
    Operation,
    Outcome,
    Read,
    Reduced,
    operation,
)
from rnnscope.tracing.ops.products import made


@operation("embedding", source=True)
def embedding(call: Operation) -> Outcome:
    """The features of each index, as a new last axis."""
    return Outcome((*call.first.axes, made(call.shape[-1], "an Embedding made it")))


_CONVOLUTIONS = """
conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d
"""


@operation(*_CONVOLUTIONS.split(), source=True)
def convolution(call: Operation) -> Outcome:
    """(N, C, L…): channels are contracted, new ones made, lengths slid along."""
    space = int(call.name[-2])
    name = f"Conv{space}d"
    axes = call.first.axes
    batch, channels, lengths = axes[: -space - 1], axes[-space - 1], axes[-space:]
    notes: tuple[Note, ...] = (
        Contracted(channels, name, parameter=True),
        *(Read(axis, Meaning.LENGTH, name) for axis in lengths),
        *(Read(axis, Meaning.ROWS, name) for axis in batch),
    )
    slid = tuple(resized(a, n) for a, n in zip(lengths, call.shape[-space:], strict=True))
    channel = made(call.shape[-space - 1], f"a {name} made it")
    for factor in channel:
        factor.variable.note(_channel(name))
    return Outcome((*batch, channel, *slid), notes)


def _channel(name: str) -> Evidence:
    return Evidence(Meaning.CHANNEL, f"{name} puts its channels there")


@operation("batch_norm", "instance_norm", source=True)
def normalisation(call: Operation) -> Outcome:
    """(N, C, L): statistics of each channel, over all the rest."""
    axes = call.first.axes
    notes: tuple[Note, ...] = ()
    if call.first.ndim == 3:
        notes = (Read(axes[1], Meaning.CHANNEL, "BatchNorm1d"),)
    return Outcome(axes, notes)


@operation("group_norm", "local_response_norm")
def unchanged(call: Operation) -> Outcome:
    return Outcome(call.first.axes)


_POOLINGS = """
max_pool1d max_pool2d avg_pool1d avg_pool2d adaptive_max_pool1d adaptive_avg_pool1d
adaptive_avg_pool2d adaptive_max_pool2d lp_pool1d interpolate upsample boolean_dispatch fn
_max_pool1d _max_pool2d max_pool1d_with_indices max_pool2d_with_indices
"""


@operation(*_POOLINGS.split())
def pooling(call: Operation) -> list[Outcome]:
    """Shorter along the last axes; what they run over is the same."""
    axes, shape = call.first.axes, call.shape
    if len(axes) == len(shape):
        gone = zip(axes, shape, strict=True)
        notes = tuple(Reduced(a, call.name) for a, n in gone if n == 1 and size_of(a) > 1)
        return [Outcome(_resized(axes, s), notes) for s in call.shapes]
    return [Outcome(_resized(call.first.axes, shape)) for shape in call.shapes]


def _resized(axes: Axes, shape: tuple[int, ...]) -> Axes:
    if len(axes) != len(shape):
        return fresh_axes(shape)
    return tuple(
        axis if size_of(axis) == size else resized(axis, size)
        for axis, size in zip(axes, shape, strict=True)
    )


@operation("glu")
def glu(call: Operation) -> Outcome:
    """Half as many features as before."""
    return Outcome(_resized(call.first.axes, call.shape))
