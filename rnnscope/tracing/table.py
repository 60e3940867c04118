"""Tensor -> Label, held from the side: nothing is set on a tensor, and nothing keeps one alive."""

from __future__ import annotations

from weakref import ref

import torch

from rnnscope.tracing.labels import Label


class LabelTable:
    """The labels of the tensors that are alive."""

    def __init__(self) -> None:
        self._entries: dict[int, tuple[ref[torch.Tensor], Label]] = {}

    def get(self, tensor: torch.Tensor) -> Label | None:
        """The label of a tensor, if it has one."""
        entry = self._entries.get(id(tensor))
        if entry is None or entry[0]() is not tensor:
            return None
        return entry[1]

    def set(self, tensor: torch.Tensor, label: Label) -> None:
        """Give a tensor a label, or another one."""
        key = id(tensor)
        entries = self._entries
        known = entries.get(key)
        if known is not None and known[0]() is tensor:
            entries[key] = (known[0], label)
            return

        def gone(reference: ref[torch.Tensor]) -> None:
            entry = entries.get(key)
            if entry is not None and entry[0] is reference:
                del entries[key]

        entries[key] = (ref(tensor, gone), label)

    def drop(self, tensor: torch.Tensor) -> None:
        """Forget what is known of a tensor."""
        self._entries.pop(id(tensor), None)

    def __contains__(self, key: int) -> bool:
        """True when a tensor with this id was given a label; it may be another one by now."""
        return key in self._entries

    def __len__(self) -> int:
        return len(self._entries)
