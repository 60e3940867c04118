"""Along which axis of a tensor each sample has its own elements.

A sample is changed, and the elements of a tensor that change with it are its own. While samples
are apart there is an axis along which the elements of different samples have different indices;
this holds for folded axes (N*L, 2*N, N*heads) and permuted rows as well, without asking what the
operations were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import torch

TOLERANCE = 1e-6  # of the largest value: eight roundings of float32


@dataclass(frozen=True, slots=True)
class Alignment:
    """The axis, and the indices along it that belong to each of the samples that were changed."""

    axis: int
    rows: tuple[frozenset[int], ...]


def changed(
    before: torch.Tensor, after: torch.Tensor, tolerance: float = TOLERANCE
) -> torch.Tensor:
    """Where two tensors of one shape differ by more than rounding, of the largest element."""
    if not before.is_floating_point() and not before.is_complex():
        return before != after
    scale = before.abs().nan_to_num(0.0, 0.0, 0.0).max() if before.numel() else 1.0
    both_nan = before.isnan() & after.isnan()
    apart = (before - after).abs() > tolerance * scale
    return (apart | (before.isnan() ^ after.isnan())) & ~both_nan & (before != after)


def alignment(masks: Sequence[torch.Tensor], samples: int) -> Alignment | None:
    """The first axis along which the samples are apart; None when there is none.

    ``masks`` holds what changed with each of some samples, of ``samples`` in all. An axis as long
    as there are samples has room for one row of each.
    """
    for axis in range(masks[0].dim()):
        rows = tuple(_rows(mask, axis) for mask in masks)
        full = masks[0].shape[axis] == samples
        if _apart(rows) and not (full and any(len(row) > 1 for row in rows)):
            return Alignment(axis, rows)
    return None


def pairwise(masks: Sequence[torch.Tensor], chosen: Sequence[int], samples: int) -> bool:
    """True for a table of all pairs of samples: each changes its own row and column alone."""
    axes = [axis for axis, size in enumerate(masks[0].shape) if size == samples]
    return any(
        all(_is_cross(mask, a, b, sample) for mask, sample in zip(masks, chosen, strict=True))
        for a, b in combinations(axes, 2)
    )


def _is_cross(mask: torch.Tensor, a: int, b: int, sample: int) -> bool:
    rest = mask.clone()
    rest.select(a, sample).zero_()
    rest.select(b, sample).zero_()
    return not bool(rest.any())


def _rows(mask: torch.Tensor, axis: int) -> frozenset[int]:
    hit = mask.movedim(axis, 0).flatten(1).any(1) if mask.dim() > 1 else mask
    return frozenset(hit.nonzero().flatten().tolist())


def _apart(rows: Sequence[frozenset[int]]) -> bool:
    seen: set[int] = set()
    for row in rows:
        if seen & row:
            return False
        seen |= row
    return True
