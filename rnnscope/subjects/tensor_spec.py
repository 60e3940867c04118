"""Sketches of values that a caller hands over: shapes as tuples of ints, or tensors by duck type.

A tensor is known here by its attributes alone, so that shapes can be checked where torch is not
installed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rnnscope.subjects import TensorSpec


def sketch_of(value: Any) -> TensorSpec:
    """What is known of one argument.

    >>> sketch_of((3, 5, 10)).shape, sketch_of(None).type
    ((3, 5, 10), 'NoneType')
    """
    if isinstance(value, TensorSpec):
        return value
    if _is_shape(value):
        return TensorSpec("Tensor", tuple(value))
    if _is_packed(value):
        return packed_sketch(value)
    if isinstance(value, (tuple, list)):
        name = "list" if isinstance(value, list) else "tuple"
        return TensorSpec(name, items=tuple(map(sketch_of, value)))
    if _is_tensor(value):
        return tensor_sketch(value)
    return TensorSpec(type(value).__name__)


def holds_tensors(value: object) -> bool:
    """True for a tensor, packed data, and whatever is neither a shape nor left out."""
    return value is not None and not _is_shape(value) and not isinstance(value, TensorSpec)


def _is_shape(value: object) -> bool:
    """A tuple of ints; torch.Size is one."""
    return isinstance(value, tuple) and bool(value) and all(type(n) is int for n in value)


def _is_packed(value: object) -> bool:
    return isinstance(value, tuple) and hasattr(value, "batch_sizes") and hasattr(value, "data")


def _is_tensor(value: object) -> bool:
    return all(hasattr(value, name) for name in ("shape", "dtype", "device"))


def tensor_sketch(tensor: Any) -> TensorSpec:
    """What is known of a tensor: no values."""
    dtype, device = str(tensor.dtype).removeprefix("torch."), str(tensor.device)
    return TensorSpec(type(tensor).__name__, tuple(tensor.shape), dtype, device)


def packed_sketch(packed: Any) -> TensorSpec:
    """What is known of a PackedSequence: its data's shape, and the true lengths."""
    data = tensor_sketch(packed.data)
    return replace(data, type="PackedSequence", lengths=lengths_of(packed))


def lengths_of(packed: Any) -> tuple[int, ...]:
    """The true lengths of packed sequences, in the order in which they were before packing."""
    running: list[int] = packed.batch_sizes.tolist()
    # Of running[t] sequences at step t, those that are missing at t + 1 are t + 1 steps long.
    ended = zip(running, [*running[1:], 0], strict=True)
    lengths = [step for step, (now, after) in enumerate(ended, 1) for _ in range(now - after)][::-1]
    if packed.unsorted_indices is None:
        return tuple(lengths)
    return tuple(lengths[row] for row in packed.unsorted_indices.tolist())
