"""What is known of each recurrent layer, kept beside it and, once it is gone, without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar
from weakref import ref

from torch import nn

from rnnscope.findings import Location
from rnnscope.recording.recorder import RECORDER

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Identity:
    """A recurrent layer as far as a finding speaks of it; the layer itself may be gone."""

    kind: str
    built_at: Location | None
    num_layers: int | None  # None for a cell
    bidirectional: bool


@dataclass(slots=True)
class _Entry(Generic[Record]):
    module: ref[nn.Module]
    identity: Identity
    record: Record


class Records(Generic[Record]):
    """A mapping by identity that keeps no module alive, and forgets none: a function may end."""

    def __init__(self) -> None:
        self._entries: list[_Entry[Record]] = []
        self._places: dict[int, int] = {}

    def get(self, module: nn.Module) -> Record | None:
        """What is known of a layer."""
        place = self._places.get(id(module))
        entry = self._entries[place] if place is not None else None
        return entry.record if entry is not None and entry.module() is module else None

    def add(self, module: nn.Module, record: Record) -> Record:
        """Something is known of a layer for the first time."""
        identity = Identity(
            type(module).__name__,
            RECORDER.built_at.get(module),
            getattr(module, "num_layers", None),
            bool(getattr(module, "bidirectional", False)),
        )
        self._places[id(module)] = len(self._entries)
        self._entries.append(_Entry(ref(module), identity, record))
        return record

    def living(self) -> list[tuple[nn.Module, Record]]:
        """Layers that are still there."""
        found = ((entry.module(), entry.record) for entry in self._entries)
        return [(module, record) for module, record in found if module is not None]

    def all(self) -> list[tuple[Identity, Record]]:
        """Every layer that ever ran."""
        return [(entry.identity, entry.record) for entry in self._entries]

    def __len__(self) -> int:
        return len(self._entries)
