"""Sketches of values that a caller hands over: shapes as tuples of ints, or tensors by duck type.

A tensor is known here by its attributes alone, so that shapes can be checked where torch is not
installed.
"""

from __future__ import annotations

from typing import Any

from rnnscope.subjects import Sketch


def sketch_of(value: Any) -> Sketch:
    """What is known of one argument.

    >>> sketch_of((3, 5, 10)).shape, sketch_of(None).type
    ((3, 5, 10), 'NoneType')
    """
    if isinstance(value, Sketch):
        return value
    if _is_shape(value):
        return Sketch("Tensor", tuple(value))
    if _is_packed(value):
        return _packed(value)
    if isinstance(value, (tuple, list)):
        name = "list" if isinstance(value, list) else "tuple"
        return Sketch(name, items=tuple(map(sketch_of, value)))
    if _is_tensor(value):
        dtype, device = str(value.dtype).removeprefix("torch."), str(value.device)
        return Sketch(type(value).__name__, tuple(value.shape), dtype, device)
    return Sketch(type(value).__name__)


def holds_tensors(value: Any) -> bool:
    """True for a tensor, packed data, and whatever is neither a shape nor left out."""
    return value is not None and not _is_shape(value) and not isinstance(value, Sketch)


def _is_shape(value: Any) -> bool:
    """A tuple of ints; torch.Size is one."""
    return isinstance(value, tuple) and bool(value) and all(type(n) is int for n in value)


def _is_packed(value: Any) -> bool:
    return isinstance(value, tuple) and hasattr(value, "batch_sizes") and hasattr(value, "data")


def _is_tensor(value: Any) -> bool:
    return all(hasattr(value, name) for name in ("shape", "dtype", "device"))


def _packed(value: Any) -> Sketch:
    sizes = value.batch_sizes.tolist()
    rows = range(sizes[0] if sizes else 0)
    lengths = [sum(size > row for size in sizes) for row in rows]
    if value.unsorted_indices is not None:
        lengths = [lengths[row] for row in value.unsorted_indices.tolist()]
    data = sketch_of(value.data)
    return Sketch("PackedSequence", data.shape, data.dtype, data.device, lengths=tuple(lengths))
