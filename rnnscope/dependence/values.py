"""Other values for an input: drawn, changed in one slice, extended; and what moved with them."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnscope.experiments.influence import next_values

_CLOSE, _ALIKE = 16, 128  # in units of the dtype's rounding


def moved(before: Tensor, after: Tensor) -> Tensor:
    """Where two tensors of one shape differ by more than rounding."""
    return _apart(before, after, _CLOSE)


def alike(before: Tensor, after: Tensor) -> bool:
    """True for one result by two ways, which may round differently."""
    return before.shape == after.shape and not bool(_apart(before, after, _ALIKE).any())


def gap(before: Tensor, after: Tensor) -> float:
    """The largest difference between two tensors of one shape."""
    apart = (before - after).abs().double() if before.dtype is not torch.bool else before ^ after
    return float(apart.nan_to_num(0.0).max()) if before.numel() else 0.0


def _apart(before: Tensor, after: Tensor, rounding: int) -> Tensor:
    if not before.is_floating_point() and not before.is_complex():
        return before != after
    both = torch.stack([before, after]).abs()
    finite = both[both.isfinite()]
    scale = finite.max() if finite.numel() else both.new_zeros(())
    near = (before - after).abs() <= rounding * torch.finfo(before.dtype).eps * scale
    return (before != after) & ~near & ~(before.isnan() & after.isnan())


def is_measured(value: Tensor) -> bool:
    """True for numbers of any value; False for a mask, for tokens, and for lengths."""
    if not value.is_floating_point():
        return False
    finite = bool(value.isfinite().all())
    return finite and (value.numel() < 3 or len(set(value.flatten()[:64].tolist())) > 2)


def drawn(value: Tensor, generator: torch.Generator) -> Tensor:
    """Other measured values of the same size; whatever else it is stays."""
    if not is_measured(value):
        return value
    scale = value.std() if value.numel() > 1 else value.abs().max()
    return value.mean() + (scale + 1e-3) * _normal(value, generator)


def noisy(parameter: Tensor, generator: torch.Generator) -> Tensor:
    """A parameter as it could be after some training, also where it began with zeros."""
    scale = 0.5 * parameter.abs().mean() + 0.1
    return (parameter + scale * _normal(parameter, generator)).to(parameter.dtype)


def _normal(like: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(like.shape, generator=generator).to(like.device, like.dtype)


def other(row: Tensor, whole: Tensor, generator: torch.Generator) -> Tensor:
    """Values unlike those of ``row``, of the kind that ``whole`` holds."""
    if is_measured(whole):
        scale = whole.std() if whole.numel() > 1 else whole.abs().max()
        # Never near to what was there: at least one deviation away, up or down.
        step = _normal(row, generator)
        return row + (scale + 1e-2) * (step + step.sign())
    if row.dtype is torch.bool:
        return ~row
    values = sorted(set(whole.flatten().tolist()))
    if len(values) > 1:
        return next_values(row, values)
    return row - 1 if values and values[0] > 0 else row + 1


def with_slice(value: Tensor, axis: int, index: int, generator: torch.Generator) -> Tensor:
    """The same tensor with other values at one index of an axis."""
    after = value.detach().clone()
    row = after.select(axis, index)
    row.copy_(other(row, value, generator))
    return after


def extended(value: Tensor, axis: int, by: int, front: bool = False, fill: bool = False) -> Tensor:
    """More zeros at the end of an axis or in front of it; ``fill`` puts ones into a mask."""
    shape = list(value.shape)
    shape[axis] = by
    more = value.new_zeros(shape)
    if fill and value.dtype is torch.bool:
        more = ~more
    return torch.cat([more, value] if front else [value, more], axis)


def indices(size: int, most: int = 32) -> tuple[int, ...]:
    """All indices of an axis, of a long one ``most``: at both ends and in the middle.

    >>> indices(100, 5)
    (0, 1, 50, 98, 99)
    """
    if size <= most:
        return tuple(range(size))
    end, middle = most * 2 // 5, size // 2
    around = most - 2 * end
    start = middle - around // 2
    return (*range(end), *range(start, start + around), *range(size - end, size))
