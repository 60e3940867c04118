"""Live arguments as sketches: types, shapes, dtypes and devices, no values."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.utils.rnn import PackedSequence

from rnnscope.subjects import Sketch

_DEEPEST = 4  # nested tuples; no recurrent layer takes more than two


def sketch(value: Any, depth: int = 0) -> Sketch:
    """What is known of one argument of a live call."""
    if isinstance(value, PackedSequence):
        return _packed(value)
    if isinstance(value, torch.Tensor):
        return Sketch(
            type(value).__name__,
            tuple(value.shape),
            str(value.dtype).removeprefix("torch."),
            str(value.device),
        )
    if isinstance(value, (tuple, list)) and depth < _DEEPEST:
        name = "list" if isinstance(value, list) else "tuple"
        return Sketch(name, items=tuple(sketch(item, depth + 1) for item in value))
    return Sketch(type(value).__name__)


def _packed(value: PackedSequence) -> Sketch:
    return Sketch(
        "PackedSequence",
        tuple(value.data.shape),
        str(value.data.dtype).removeprefix("torch."),
        str(value.data.device),
        lengths=lengths_of(value),
    )


def lengths_of(packed: PackedSequence) -> tuple[int, ...]:
    """The true lengths of packed sequences, in the user's order."""
    sizes = packed.batch_sizes.tolist()
    rows = sizes[0] if sizes else 0
    lengths = [sum(size > row for size in sizes) for row in range(rows)]
    if packed.unsorted_indices is None:
        return tuple(lengths)
    return tuple(lengths[row] for row in packed.unsorted_indices.tolist())
