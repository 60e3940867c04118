"""Live arguments as sketches: types, shapes, dtypes and devices, no values."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.utils.rnn import PackedSequence

from rnnscope.subjects import Sketch
from rnnscope.subjects.sketching import packed_sketch, tensor_sketch

_DEEPEST = 4  # nested tuples; no recurrent layer takes more than two


def sketch(value: Any, depth: int = 0) -> Sketch:
    """What is known of one argument of a live call."""
    if isinstance(value, PackedSequence):
        return packed_sketch(value)
    if isinstance(value, torch.Tensor):
        return tensor_sketch(value)
    if isinstance(value, (tuple, list)) and depth < _DEEPEST:
        name = "list" if isinstance(value, list) else "tuple"
        return Sketch(name, items=tuple(sketch(item, depth + 1) for item in value))
    return Sketch(type(value).__name__)
