"""made(): the real thing that a sketch is of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnnscope.subjects import Sketch

if TYPE_CHECKING:
    from torch import Tensor


def made(sketch: Sketch, seed: int = 0) -> Any:
    """A tensor, a PackedSequence, a tuple or list of them, or None, with numbers from ``seed``.

    >>> made(Sketch("tuple", items=(Sketch("Tensor", (2, 3), "float64"), Sketch("NoneType"))))[1]
    """
    if sketch.type in ("tuple", "list"):
        parts = [made(item, seed + place) for place, item in enumerate(sketch.items)]
        return parts if sketch.type == "list" else tuple(parts)
    if sketch.type == "NoneType":
        return None
    if sketch.type == "PackedSequence":
        return _packed(sketch, seed)
    return _tensor(sketch.shape or (), sketch, seed)


def _tensor(shape: tuple[int, ...], sketch: Sketch, seed: int) -> Tensor:
    import torch

    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randn(shape, generator=generator)
    return drawn.to(sketch.device or "cpu", getattr(torch, sketch.dtype or "float32"))


def _packed(sketch: Sketch, seed: int) -> Any:
    from torch.nn.utils.rnn import pack_padded_sequence

    lengths = list(sketch.lengths or ())
    padded = (max(lengths), len(lengths), *(sketch.shape or ())[1:])
    return pack_padded_sequence(_tensor(padded, sketch, seed), lengths, enforce_sorted=False)
