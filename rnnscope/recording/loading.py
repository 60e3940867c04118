"""What a DataLoader says of its batches: on which axis the samples are, and in which order."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils.data import default_collate
from torch.utils.data.sampler import BatchSampler, RandomSampler, SubsetRandomSampler


def is_shuffling(iterator: Any) -> bool:
    """True where the DataLoader draws its samples in random order."""
    sampler = getattr(iterator, "_index_sampler", None)
    return type(sampler) is BatchSampler and isinstance(
        sampler.sampler, (RandomSampler, SubsetRandomSampler)
    )


def sample_axis(iterator: Any, tensor: torch.Tensor) -> int | None:
    """The axis on which a DataLoader put the samples: the first, if it collated them itself.

    Where the user's own function did, it is the only axis with as many places as there are samples.
    """
    if not getattr(iterator, "_auto_collation", False) or tensor.is_nested:
        return None
    if getattr(iterator, "_collate_fn", None) is default_collate:
        return 0 if tensor.dim() else None
    size = batch_size(iterator)
    axes = [axis for axis, length in enumerate(tensor.shape) if length == size]
    return axes[0] if len(axes) == 1 else None


def batch_size(iterator: Any) -> int | None:
    """Samples in a batch, where the DataLoader's sampler has that written down; it is not asked."""
    sampler = getattr(iterator, "_index_sampler", None)
    size = getattr(sampler, "__dict__", {}).get("batch_size")
    return size if isinstance(size, int) else None
