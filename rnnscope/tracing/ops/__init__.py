"""The operations that people use around recurrent layers, one pure function each.

taking.py       what a slice, an index or a mask leaves of an axis
indexing.py     x[...], select, narrow, split, chunk, unbind, gather, index_select, x[...] = y
reshaping.py    view, reshape, flatten, unflatten, squeeze, unsqueeze, expand, repeat
moving.py       transpose, permute, movedim, T, mT, flip, roll
joining.py      cat, stack
pointwise.py    one to one, and element by element with broadcasting
reducing.py     sum, mean, max, softmax, cumsum, sort
products.py     linear, matmul, bmm, einsum, attention
layers.py       embedding, convolution, normalisation, pooling
losses.py       cross_entropy, mse_loss and their kin
sequences.py    pad_sequence, packing and unpacking
"""

from __future__ import annotations

from rnnscope.tracing.ops import (
    indexing,
    joining,
    layers,
    losses,
    moving,
    pointwise,
    products,
    reducing,
    reshaping,
    sequences,
)

__all__ = [
    "indexing",
    "joining",
    "layers",
    "losses",
    "moving",
    "pointwise",
    "products",
    "reducing",
    "reshaping",
    "sequences",
]
