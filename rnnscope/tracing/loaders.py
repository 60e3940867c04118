"""DataLoaders say which axis the samples are on: the one that the collating put in front."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils.data import dataloader as torch_dataloader
from torch.utils.data import default_collate

from rnnscope.recording.loading import batch_size, is_shuffling
from rnnscope.recording.nest import tensors_in
from rnnscope.recording.user_code import here
from rnnscope.tracing.factors import Evidence, Factor, Meaning, Variable, fresh_axes
from rnnscope.tracing.labels import Label
from rnnscope.tracing.table import LabelTable


def label_batch(table: LabelTable, iterator: Any, batch: Any) -> None:
    """Say of a batch that a DataLoader hands out which axis the samples are on."""
    if getattr(iterator, "_dataset_kind", None) != torch_dataloader._DatasetKind.Map:
        return
    collate = getattr(iterator, "_collate_fn", None)
    size = batch_size(iterator)
    if not getattr(iterator, "_auto_collation", False) or size is None:
        return
    tensors = [tensor for tensor in tensors_in(batch) if not tensor.is_nested]
    rows = Variable()
    shuffled = is_shuffling(iterator)
    word = "shuffling DataLoader" if shuffled else "DataLoader"
    evidence = Evidence(Meaning.SAMPLES, f"the {word} put the samples on axis 0", here(2), shuffled)
    rows.note(evidence)
    if collate is default_collate:
        for tensor in tensors:
            if tensor.dim() and tensor.shape[0] > 1:
                _on_axis_0(table, tensor, rows)
        return
    _collated(table, tensors, rows, size)


def _on_axis_0(table: LabelTable, tensor: torch.Tensor, rows: Variable) -> None:
    size = tensor.shape[0]
    first = (Factor(size, rows),)
    table.set(tensor, Label((first, *fresh_axes(tensor.shape[1:]))))


def _collated(table: LabelTable, tensors: list[torch.Tensor], rows: Variable, size: int) -> None:
    """The user's own collate_fn: what pad_sequence said stands, one axis is the batch's."""
    for tensor in tensors:
        known = table.get(tensor)
        axes = known.axes if known is not None else ()
        told = [f for a in axes for f in a if f.means(Meaning.SAMPLES) and f.size == size]
        for factor in told:
            factor.variable.unify(rows)
        if not told and tensor.dim() == 1 and tensor.shape[0] == size > 1:
            _on_axis_0(table, tensor, rows)
        elif not told and known is None and tensor.dim() > 1 and tensor.shape[0] == size > 1:
            _on_axis_0(table, tensor, rows) if size not in tensor.shape[1:] else None
