"""Live arguments as sketches: types, shapes, dtypes and devices, no values."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.utils.rnn import PackedSequence

from rnnscope.subjects import TensorSpec
from rnnscope.subjects.tensor_spec import packed_sketch, tensor_sketch

_DEEPEST = 4  # nested tuples; no recurrent layer takes more than two


def sketch(value: Any, depth: int = 0) -> TensorSpec:
    """What is known of one argument of a live call."""
    if isinstance(value, PackedSequence):
        return packed_sketch(value)
    if isinstance(value, torch.Tensor):
        return tensor_sketch(value)
    if isinstance(value, (tuple, list)) and depth < _DEEPEST:
        name = "list" if isinstance(value, list) else "tuple"
        return TensorSpec(name, items=tuple(sketch(item, depth + 1) for item in value))
    return TensorSpec(type(value).__name__)
