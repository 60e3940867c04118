"""Which rows of a batch are independent samples, and the line of the program that says so."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import torch
from torch.utils.data import RandomSampler, SubsetRandomSampler, WeightedRandomSampler
from torch.utils.data.dataloader import _BaseDataLoaderIter, default_collate

from rnnscope.probing.copying import tensors_in
from rnnscope.proofs import Batch
from rnnscope.tracing.places import here

_REMEMBERED = 4  # batches: an input and its targets may be drawn one after the other
_SHUFFLING = (RandomSampler, SubsetRandomSampler, WeightedRandomSampler)


class Batches:
    """The batches drawn last: from a DataLoader, or by one index for two tensors."""

    def __init__(self) -> None:
        self._drawn: deque[Batch] = deque(maxlen=_REMEMBERED)
        self._index: Any = None
        self._indexed: int = 0

    def fitting(self, tensors: list[torch.Tensor]) -> Batch | None:
        """The latest batch with as many samples as one of the tensors has somewhere."""
        sizes = {size for tensor in tensors for size in tensor.shape}
        return next((b for b in reversed(self._drawn) if b.size in sizes and b.size > 1), None)

    def loaded(self, iterator: Any, batch: Any) -> None:
        """A DataLoader has given this batch."""
        sampler = getattr(iterator, "_index_sampler", None)
        size = getattr(sampler, "batch_size", None)
        tensors = list(tensors_in(batch))
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

    def indexed(self, source: Any, index: Any) -> None:
        """Rows of a tensor were picked by an index; the second tensor with the same one counts."""
        if not _is_row_index(index) or getattr(source, "grad_fn", None) is not None:
            return
        if index is self._index and id(source) != self._indexed:
            rows = index.tolist()
            shuffled = any(a > b for a, b in pairwise(rows))
            reason = "one index picks the rows of several tensors here: they are samples"
            self._drawn.append(Batch(len(rows), shuffled, here(3), reason))
        self._index, self._indexed = index, id(source)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear every batch of every DataLoader."""
        original: Callable[[Any], Any] = _BaseDataLoaderIter.__next__
        batches = self

        def heard(iterator: Any) -> Any:
            batch = original(iterator)
            batches.loaded(iterator, batch)
            return batch

        _BaseDataLoaderIter.__next__ = heard  # type: ignore[assignment,method-assign]
        try:
            yield
        finally:
            _BaseDataLoaderIter.__next__ = original  # type: ignore[assignment,method-assign]


def _is_row_index(index: Any) -> bool:
    return (
        isinstance(index, torch.Tensor)
        and index.dim() == 1
        and index.numel() > 1
        and not (index.is_floating_point() or index.dtype is torch.bool)
    )
