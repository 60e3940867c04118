"""A tape while it is being written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from rnnscope.findings import Location
from rnnscope.recording.functions import OVERWRITES, Function, changed_by, version_of
from rnnscope.recording.names import NAMED
from rnnscope.recording.nest import map_nest
from rnnscope.recording.pace import CALLS_OF_TAPE
from rnnscope.recording.tape import Call, Layer, Place, Slot, Tape, is_learnt, storage_of

MOST_BYTES = 512 << 20  # results kept alive by one tape; a larger step is let go


# Batch norm changes its statistics, and is run again on copies of them.
_STATISTICS = frozenset(("batch_norm", "instance_norm"))


@dataclass(frozen=True, slots=True)
class Begun:
    """A call before it runs: what of its arguments may be another thing when it has returned."""

    function: Any
    known: Function
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    encoded: tuple[Any, Any]
    inputs: tuple[int, ...]
    target: torch.Tensor | None  # what it changes in place
    versions: list[tuple[torch.Tensor, int]]  # of the others how often they have been changed
    random: torch.Tensor | None

    def changed_secretly(self) -> list[torch.Tensor]:
        """What it has changed by now, though its name does not say so."""
        return [tensor for tensor, version in self.versions if version_of(tensor) != version]


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
        self._slots: dict[int, Slot] = {}

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
        return self._slot(tensor).number

    def _slot(self, tensor: torch.Tensor) -> Slot:
        return self._slots.get(id(tensor)) or self._new(tensor)

    def is_made(self, tensor: torch.Tensor) -> bool:
        """True for a tensor that a recorded call has made."""
        return self.known(tensor) in self.made

    def known(self, tensor: torch.Tensor) -> int | None:
        """The slot of a tensor that is on the tape."""
        found = self._slots.get(id(tensor))
        return found.number if found is not None else None

    def _new(self, tensor: torch.Tensor) -> Slot:
        slot = self._slots[id(tensor)] = Slot(len(self.values))
        self.values.append(tensor)
        self.alive.append(tensor)
        return slot

    def encode(self, value: object, given: list[torch.Tensor]) -> Any:
        """Arguments with slots in place of tensors, and these in a list."""

        def put(item: object) -> object:
            if not isinstance(item, torch.Tensor):
                return item
            given.append(item)
            return self._slot(item)

        return map_nest(value, put)

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

    def read(self, args: Iterable[object]) -> None:
        """Python looks at the values of these."""
        slots = (self.known(value) for value in args if isinstance(value, torch.Tensor))
        self.looked_at.update(slot for slot in slots if slot is not None)

    def begin(
        self,
        function: Any,
        known: Function,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        draws: bool,
    ) -> Begun:
        """A function is about to run."""
        target = changed_by(known, args, kwargs)
        if target is not None:
            self.slot(target)
            if known.name not in OVERWRITES:
                self.keep_before_change(target)
        given: list[torch.Tensor] = []
        encoded = self.encode(args, given), self.encode(kwargs, given)
        random = torch.default_generator.get_state() if draws else None
        inputs = tuple(dict.fromkeys(map(self.slot, given)))
        openly = target is not None or known.name in _STATISTICS
        versions = [] if openly else [(tensor, version_of(tensor)) for tensor in given]
        return Begun(function, known, args, kwargs, encoded, inputs, target, versions, random)

    def end(
        self,
        call: Begun,
        result: Any,
        place: Place | None = None,
        layer: Layer | None = None,
        training: bool | None = None,
    ) -> list[torch.Tensor]:
        """It has returned: write it down.

        Unless it has changed what it was given, though its name does not say so: that comes back.
        """
        secretly = call.changed_secretly()
        if not secretly:
            self._add(call, result, place, layer, training)
        return secretly

    def lose(self, call: Begun) -> None:
        """The step is not known any more after this call."""
        self.lost[f"{call.known.name} changes what it is given"] = None

    def _add(
        self,
        call: Begun,
        result: Any,
        place: Place | None,
        layer: Layer | None,
        training: bool | None,
    ) -> None:
        target, grad = call.target, torch.is_grad_enabled()
        changed = self._changed(target) if target is not None else None
        results = [] if changed is None else [changed]
        for tensor in _results(result):
            if tensor is target:
                continue
            known = self.known(tensor)
            number = known if known in results else self._new(tensor).number
            self.made.add(number)
            results.append(number)
            self.trained = self.trained or (grad and layer is not None and tensor.requires_grad)
            self.bytes += tensor.numel() * tensor.element_size() if not tensor.is_sparse else 0
        if not results:
            return
        self.calls.append(
            Call(
                len(self.calls),
                call.known.name,
                call.function,
                *call.encoded,
                call.inputs,
                tuple(results),
                place,
                grad,
                changed,
                call.random,
                layer,
                training,
            )
        )

    def _changed(self, target: torch.Tensor) -> int:
        number = self._new(target).number
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


def _copied(tensor: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        copy = tensor.detach().clone()
    return copy.requires_grad_(tensor.requires_grad and tensor.is_leaf)
