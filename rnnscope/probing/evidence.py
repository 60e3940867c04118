"""Which rows of a batch are independent samples, and the line of the program that says so."""

from __future__ import annotations

from collections import deque
from typing import Any

import torch
from torch.utils.data import RandomSampler, SubsetRandomSampler, WeightedRandomSampler
from torch.utils.data.dataloader import default_collate

from rnnscope.recording.nest import tensors_in
from rnnscope.recording.patches import batch_size
from rnnscope.recording.user_code import here
from rnnscope.subjects.proofs import Batch

_REMEMBERED = 4  # batches: an input and its targets may be drawn one after the other
_SHUFFLING = (RandomSampler, SubsetRandomSampler, WeightedRandomSampler)


class Batches:
    """The batches drawn last: from DataLoaders."""

    def __init__(self) -> None:
        self._drawn: deque[Batch] = deque(maxlen=_REMEMBERED)

    def fitting(self, tensors: list[torch.Tensor]) -> Batch | None:
        """The latest batch with as many samples as one of the tensors has somewhere."""
        sizes = {size for tensor in tensors for size in tensor.shape}
        return next((b for b in reversed(self._drawn) if b.size in sizes and b.size > 1), None)

    def loaded(self, iterator: Any, batch: Any) -> None:
        """A DataLoader has given this batch."""
        sampler = getattr(iterator, "_index_sampler", None)
        size = batch_size(iterator)
        tensors = [tensor for tensor in tensors_in(batch) if not tensor.is_nested]
        if size is None or not tensors:
            return
        default = getattr(iterator, "_collate_fn", None) is default_collate
        if default:
            size = tensors[0].shape[0] if tensors[0].dim() else 0
        elif not any(size in tensor.shape for tensor in tensors):
            return
        order = getattr(sampler, "sampler", None)
        shuffled = isinstance(order, _SHUFFLING) or bool(getattr(order, "shuffle", False))
        how = "shuffled samples" if shuffled else "samples"
        self._drawn.append(Batch(size, shuffled, here(2), f"the DataLoader draws {how} here"))
