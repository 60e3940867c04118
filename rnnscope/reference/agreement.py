"""How far the reference is from the real layer, on the same input."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from rnnscope.config import RNNConfig
from rnnscope.measuring.measurement import weights_of
from rnnscope.reference.layer import Layer, weights_by_layer

# What the arithmetic of a type allows: the sums of a step are made in another order than torch's.
TOLERANCES = {
    "float16": 1e-2,
    "bfloat16": 8e-2,
    "float32": 1e-5,
    "float64": 1e-10,
    "complex64": 1e-4,
    "complex128": 1e-9,
}


def disagreement(module: nn.Module, input: Any, hx: Any = None) -> float:
    """The largest |difference| between the reference and the module: output and final states.

    ``input`` and ``hx`` are what the module takes. Both run without gradients and without dropout,
    because the masks of cuDNN cannot be drawn again; on a GPU without TF32. The module's mode,
    torch's settings and torch's random stream are afterwards as before; no hook of the module runs.
    Infinite when shapes differ, or when one has a NaN where the other has none.
    """
    with torch.no_grad(), undisturbed(module):
        reference = reference_of(module)
        return largest_difference(module.forward(input, hx), reference(input, hx))


def reference_of(module: nn.Module, config: RNNConfig | None = None) -> Layer:
    """The reference on the very weights that the module computes with now, without dropout."""
    config = config or RNNConfig.of(module)
    return Layer(config, weights_by_layer(config, weights_of(module).__getitem__))


def largest_difference(first: object, second: object) -> float:
    """The largest |difference| over all tensors of two equally nested results."""
    pairs = list(zip(tensors_of(first), tensors_of(second), strict=True))
    return max((_difference(a, b) for a, b in pairs), default=0.0)


def _difference(a: Tensor, b: Tensor) -> float:
    if a.shape != b.shape:
        return float("inf")
    if a.numel() == 0 or a.is_meta:
        return 0.0
    a, b = a.detach(), b.detach()
    largest = float((a - b).abs().max())
    if largest == largest:
        return largest
    # A NaN on both sides is no difference; on one side, or as inf - inf, it is the largest.
    both = a.isnan() & b.isnan()
    return float((a - b).abs().masked_fill(both, 0).nan_to_num(nan=float("inf")).max())


def tensors_of(result: Any) -> Iterator[Tensor]:
    """The tensors of a result, however nested; of packed sequences their data."""
    if isinstance(result, PackedSequence):
        yield result.data
    elif isinstance(result, Tensor):
        yield result
    else:
        for item in result:
            yield from tensors_of(item)


@contextmanager
def undisturbed(module: nn.Module) -> Iterator[None]:
    """Run the module in evaluation mode without TF32; afterwards everything is as before."""
    with _evaluating(module), _without_tf32():
        yield


@contextmanager
def _evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode, also of the parametrizations that compute weights; quietly."""
    modes = [(part, part.training) for part in module.modules()]
    for part, _ in modes:
        part.training = False
    try:
        with warnings.catch_warnings():
            # torch's advice, such as that a projection is slow, is for those who train the layer.
            warnings.simplefilter("ignore")
            yield
    finally:
        for part, training in modes:
            part.training = training


@contextmanager
def _without_tf32() -> Iterator[None]:
    if not torch.cuda.is_available():
        yield
        return
    places: tuple[Any, ...] = (torch.backends.cudnn, torch.backends.cuda.matmul)
    before = [place.allow_tf32 for place in places]
    for place in places:
        place.allow_tf32 = False
    try:
        yield
    finally:
        for place, value in zip(places, before, strict=True):
            place.allow_tf32 = value
