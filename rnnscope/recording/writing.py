"""A tape while it is being written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from rnnscope.findings import Location
from rnnscope.recording.functions import Kind, changed_by
from rnnscope.recording.names import NAMED
from rnnscope.recording.nest import map_nest
from rnnscope.recording.pace import CALLS_OF_TAPE
from rnnscope.recording.tape import Call, Layer, Place, Slot, Tape, is_learnt, storage_of

MOST_BYTES = 512 << 20  # results kept alive by one tape; a larger step is let go


class Writer:
    """Turns tensors into slots, and calls into Calls, until ``tape`` is asked for."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.calls: list[Call] = []
        self.values: list[torch.Tensor | None] = []
        self.alive: list[torch.Tensor] = []  # what an id means holds only while the tensor lives
        self.storages: dict[int, int] = {}
        self.made: set[int] = set()
        self.looked_at: set[int] = set()
        self.batches: set[int] = set()
        self.sample_axes: dict[int, int] = {}
        self.shuffled = False
        self.loaded_at: Location | None = None
        self.lost: dict[str, None] = {}
        self.bytes = 0
        self.trained = False  # gradients will be asked for
        self._slots: dict[int, int] = {}

    @property
    def full(self) -> bool:
        """True when the step is too long or too large to be recorded."""
        return len(self.calls) >= CALLS_OF_TAPE or self.bytes > MOST_BYTES

    @property
    def has_layers(self) -> bool:
        """True when a recurrent layer ran."""
        return any(call.layer is not None for call in self.calls)

    def slot(self, tensor: torch.Tensor) -> int:
        """The slot of a tensor; a new one, a source, where it has none."""
        known = self._slots.get(id(tensor))
        return known if known is not None else self._new(tensor)

    def is_made(self, tensor: torch.Tensor) -> bool:
        """True for a tensor that a recorded call has made."""
        return self._slots.get(id(tensor)) in self.made

    def known(self, tensor: torch.Tensor) -> int | None:
        """The slot of a tensor that is on the tape."""
        return self._slots.get(id(tensor))

    def _new(self, tensor: torch.Tensor) -> int:
        number = len(self.values)
        self._slots[id(tensor)] = number
        self.values.append(tensor)
        self.alive.append(tensor)
        return number

    def encode(self, value: object) -> Any:
        """Arguments with slots in place of tensors."""
        return map_nest(value, lambda v: Slot(self.slot(v)) if isinstance(v, torch.Tensor) else v)

    def keep_before_change(self, target: torch.Tensor) -> None:
        """A call is about to change this memory: sources in it keep their value for replays."""
        key = storage_of(target)
        for number, tensor in enumerate(self.alive):
            if self.values[number] is not tensor:
                continue
            if number in self.made:
                if tensor is target:  # transpose_ and the like change its shape, too
                    self.values[number] = tensor.detach()
            elif storage_of(tensor) == key:
                self.values[number] = _copied(tensor)

    def add(
        self,
        name: str,
        function: Any,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        encoded: tuple[Any, Any],
        result: Any,
        place: Place | None,
        kind: Kind,
        random: torch.Tensor | None,
        layer: Layer | None,
        training: bool | None = None,
    ) -> None:
        """A call has returned."""
        changed, grad = None, torch.is_grad_enabled()
        target = changed_by(name, args, kwargs)
        if target is not None:
            changed = self._changed(target)
        results = [] if changed is None else [changed]
        for tensor in _results(result):
            if tensor is target:
                continue
            known = self._slots.get(id(tensor))
            number = known if known is not None and known in results else self._new(tensor)
            self.made.add(number)
            results.append(number)
            self.trained = self.trained or (grad and layer is not None and tensor.requires_grad)
            self.bytes += tensor.numel() * tensor.element_size() if not tensor.is_sparse else 0
        if not results:
            return
        inputs = tuple(dict.fromkeys(_slots_in(encoded)))
        self.calls.append(
            Call(
                len(self.calls),
                name,
                function,
                encoded[0],
                encoded[1],
                inputs,
                tuple(results),
                place,
                grad,
                changed,
                random,
                layer,
                training,
            )
        )

    def _changed(self, target: torch.Tensor) -> int:
        number = self._new(target)
        self.made.add(number)
        return number

    def _volatile(self) -> frozenset[int]:
        changed = {storage_of(self.alive[c.changed]) for c in self.calls if c.changed is not None}
        if not changed:
            return frozenset()
        return frozenset(n for n, t in enumerate(self.alive) if storage_of(t) in changed)

    def _settled(self) -> frozenset[int]:
        """The last slot of each parameter and of each tensor of a batch, where a call made it.

        What is written into their memory by way of a view is settled with them: a replay that
        wrote it again would write into the user's own tensor.
        """
        last = {id(tensor): number for number, tensor in enumerate(self.alive)}
        settled = frozenset(
            number
            for number in last.values()
            if number in self.made and (number in self.batches or is_learnt(self.alive[number]))
        )
        memory = {storage_of(self.alive[number]) for number in settled}
        changed = (call.changed for call in self.calls if call.changed is not None)
        return settled.union(n for n in changed if storage_of(self.alive[n]) in memory)

    def tape(self, loss: torch.Tensor | None) -> Tape:
        """Everything so far, frozen."""
        return Tape(
            self.number,
            tuple(self.calls),
            tuple(self.values),
            frozenset(range(len(self.values))) - self.made,
            self._volatile(),
            self._settled(),
            self.known(loss) if loss is not None else None,
            frozenset(self.batches),
            dict(self.sample_axes),
            {slot: NAMED[t] for slot, t in enumerate(self.alive) if NAMED and t in NAMED},
            self.shuffled,
            self.loaded_at,
            frozenset(self.looked_at),
            tuple(self.lost),
        )


def _results(result: object) -> list[torch.Tensor]:
    if isinstance(result, torch.Tensor):
        return [result]
    if isinstance(result, (tuple, list)):
        return [item for item in result if isinstance(item, torch.Tensor)]
    return []


def _slots_in(value: object) -> list[int]:
    if isinstance(value, Slot):
        return [value.number]
    if isinstance(value, dict):
        return [number for item in value.values() for number in _slots_in(item)]
    if isinstance(value, (tuple, list)):
        return [number for item in value for number in _slots_in(item)]
    return []


def _copied(tensor: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        copy = tensor.detach().clone()
    return copy.requires_grad_(tensor.requires_grad and tensor.is_leaf)
