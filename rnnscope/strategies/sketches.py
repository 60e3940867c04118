"""made(): the real thing that a sketch is of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnnscope.subjects import TensorSpec

if TYPE_CHECKING:
    from torch import Tensor


def made(sketch: TensorSpec, seed: int = 0) -> Any:
    """A tensor, a PackedSequence, a tuple or list of them, or None, with numbers from ``seed``.

    >>> numbers = TensorSpec("Tensor", (2, 3), "float64")
    >>> made(TensorSpec("tuple", items=(numbers, TensorSpec("NoneType"))))[1]
    """
    if sketch.type in ("tuple", "list"):
        parts = [made(item, seed + place) for place, item in enumerate(sketch.items)]
        return parts if sketch.type == "list" else tuple(parts)
    if sketch.type == "NoneType":
        return None
    if sketch.type == "PackedSequence":
        return _packed(sketch, seed)
    return _tensor(sketch.shape or (), sketch, seed)


def _tensor(shape: tuple[int, ...], sketch: TensorSpec, seed: int) -> Tensor:
    import torch

    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randn(shape, generator=generator)
    return drawn.to(sketch.device or "cpu", getattr(torch, sketch.dtype or "float32"))


def _packed(sketch: TensorSpec, seed: int) -> Any:
    from torch.nn.utils.rnn import pack_padded_sequence

    lengths = list(sketch.lengths or ())
    padded = (max(lengths), len(lengths), *(sketch.shape or ())[1:])
    return pack_padded_sequence(_tensor(padded, sketch, seed), lengths, enforce_sorted=False)
