"""Tape, Call, Slot: what one step of a user's program did, as frozen data.

A slot is one tensor as it is after one call; a call in place gives its tensor a new slot. Tensors
that no recorded call made are *sources*. Nothing is run here: ``experiments.replay`` does that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import CodeType
from typing import Any

import torch
from torch import nn

from rnnscope.findings import Location
from rnnscope.recording.names import Names

LOOP = 3  # calls that read one parameter: a hand-written loop over steps
RECURRENT_KERNELS = frozenset(
    f"{name}{cell}" for name in ("lstm", "gru", "rnn_tanh", "rnn_relu") for cell in ("", "_cell")
)


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of one tensor on a tape."""

    number: int


@dataclass(frozen=True, slots=True)
class Place:
    """The instruction of the user's that made a call; spans are found from it when needed."""

    location: Location
    code: CodeType
    instruction: int


@dataclass(frozen=True, slots=True)
class Layer:
    """The recurrent layer that a kernel ran for: its class, options and where it was built."""

    kind: str
    batch_first: bool
    training: bool
    bidirectional: bool
    num_layers: int
    hidden_size: int
    name: int  # a number of the module's own: the same layer has the same name
    built_at: Location | None = None
    called_at: Location | None = None  # the outermost module around it
    handed: bool = False  # its initial states are arguments of that module
    given_at: Location | None = None  # the outermost module that was called with these states


@dataclass(frozen=True, slots=True)
class Call:
    """One torch function that ran: its arguments with slots for tensors, and its results.

    ``changed`` is the slot that the call changed in place. ``random`` is the state of the random
    stream before it, where it may have drawn from it. ``grad`` tells whether autograd was on.
    """

    number: int
    name: str
    function: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    inputs: tuple[int, ...]
    results: tuple[int, ...]
    place: Place | None
    grad: bool
    changed: int | None = None
    random: torch.Tensor | None = None
    layer: Layer | None = None
    training: bool | None = None  # of the module that called it, where one did

    @property
    def location(self) -> Location | None:
        """The user's line."""
        return self.place.location if self.place else None


@dataclass(frozen=True)
class Tape:
    """One step of a program, from its first call to ``backward`` or, without one, to its end.

    ``values`` holds the tensor of each slot as it was recorded, None where a later call changed
    it in place. ``volatile`` are the slots whose memory some call changes: they are made anew in
    every replay. ``settled`` are parameters and batches that were made on the tape: a replay takes
    them as they are. ``batches`` are the slots that a DataLoader handed out, ``sample_axes`` on
    which axis it put the samples, where that is known. ``named`` is what the user says of the axes
    of some slots. ``loss`` is what ``backward`` started from.
    """

    number: int
    calls: tuple[Call, ...]
    values: tuple[torch.Tensor | None, ...]
    sources: frozenset[int]
    volatile: frozenset[int] = frozenset()
    settled: frozenset[int] = frozenset()
    loss: int | None = None
    batches: frozenset[int] = frozenset()
    sample_axes: Mapping[int, int] = field(default_factory=dict)
    named: Mapping[int, Names] = field(default_factory=dict)
    shuffled: bool = False
    loaded_at: Location | None = None
    looked_at: frozenset[int] = frozenset()
    lost: tuple[str, ...] = ()

    @cached_property
    def producer(self) -> Mapping[int, Call]:
        """The call that made each slot."""
        return {slot: call for call in self.calls for slot in call.results}

    @cached_property
    def users(self) -> Mapping[int, tuple[Call, ...]]:
        """The calls that read each slot."""
        found: dict[int, list[Call]] = {}
        for call in self.calls:
            for slot in dict.fromkeys(call.inputs):
                found.setdefault(slot, []).append(call)
        return {slot: tuple(calls) for slot, calls in found.items()}

    @cached_property
    def parameters(self) -> frozenset[int]:
        """Sources that are learnt: parameters, and leaves that ask for a gradient."""
        return frozenset(s for s in self.sources | self.settled if is_learnt(self.values[s]))

    @cached_property
    def begun(self) -> frozenset[int]:
        """Sources, and what calls made of nothing: ``torch.tensor``, ``zeros``, ``randn``."""
        made = (call.results for call in self.calls if not call.inputs)
        return self.sources.union(*made)

    @cached_property
    def steps_over_time(self) -> bool:
        """True with a recurrent layer, or a loop over steps that reads one parameter."""
        if self.recurrent:
            return True
        return any(len(self.users.get(slot, ())) >= LOOP for slot in self.parameters)

    @cached_property
    def recurrent(self) -> tuple[Call, ...]:
        """The calls of torch's recurrent kernels."""
        return tuple(call for call in self.calls if call.name in RECURRENT_KERNELS)

    @cached_property
    def by_layer(self) -> tuple[tuple[Layer, Sequence[Call]], ...]:
        """Every recurrent layer, as it was at its first call, and its calls in order."""
        found: dict[int, tuple[Layer, list[Call]]] = {}
        for call in self.recurrent:
            if call.layer is not None:
                found.setdefault(call.layer.name, (call.layer, []))[1].append(call)
        return tuple(found.values())

    @cached_property
    def used(self) -> frozenset[int]:
        """Every slot that the loss was made of; none without a loss."""
        return self.ancestors(self.loss) if self.loss is not None else frozenset()

    def ancestors(self, slot: int) -> frozenset[int]:
        """Every slot that this one was made of, itself included."""
        seen: set[int] = set()
        todo = [slot]
        while todo:
            number = todo.pop()
            if number in seen:
                continue
            seen.add(number)
            call = self.producer.get(number)
            if call is not None:
                todo.extend(call.inputs)
        return frozenset(seen)

    def leading_to(self, slot: int) -> tuple[Call, ...]:
        """The calls that a slot was made by, in order."""
        wanted = self.ancestors(slot)
        return tuple(call for call in self.calls if not wanted.isdisjoint(call.results))

    def between(self, slot: int, result: int) -> tuple[Call, ...]:
        """The calls by which a slot became part of another one, in order."""
        reached = self.descendants(frozenset((slot,)))
        path = (call for call in self.leading_to(result) if not reached.isdisjoint(call.inputs))
        return tuple(path)

    @cached_property
    def learnt(self) -> frozenset[int]:
        """Every slot that depends on a parameter."""
        return self.descendants(self.parameters)

    def descendants(self, slots: frozenset[int]) -> frozenset[int]:
        """Every slot that these reach, themselves included."""
        reached = set(slots)
        for call in self.calls:
            if not reached.isdisjoint(call.inputs):
                reached.update(call.results)
        return frozenset(reached)

    def steps_through(self, call: Call) -> bool:
        """True for a recurrent kernel, and for a call of a loop that reads what it gave before."""
        if call.name in RECURRENT_KERNELS and "cell" not in call.name:
            return True
        alike = [c for c in self.calls if c.place is not None and c.place == call.place]
        if len(alike) < LOOP:
            return False
        return not self.ancestors(alike[-1].results[-1]).isdisjoint(alike[0].results)

    def shape(self, slot: int) -> tuple[int, ...]:
        """The sizes of a slot's tensor."""
        value = self.values[slot]
        return tuple(value.shape) if value is not None else ()

    def path(self, call: Call) -> Iterator[Call]:
        """The calls that a call's results reach, in order, itself first."""
        yield call
        for later in self.reading(frozenset(call.results)):
            if later.number > call.number:
                yield later

    def reading(self, slots: frozenset[int]) -> Iterator[Call]:
        """The calls that read these slots, or what is made of them, in order."""
        reached = set(slots)
        for call in self.calls:
            if not reached.isdisjoint(call.inputs):
                reached.update(call.results)
                yield call


def storage_of(value: Any) -> int:
    """The memory that a tensor lies in."""
    try:
        return int(value.untyped_storage().data_ptr()) or id(value)
    except (RuntimeError, NotImplementedError):  # sparse, fake, functorch
        return id(value)


def is_learnt(value: torch.Tensor | None) -> bool:
    """True for parameters, and for leaves that ask for a gradient."""
    if value is None or isinstance(value, nn.Parameter):
        return value is not None
    try:
        return value.requires_grad and value.is_leaf
    except RuntimeError:  # a view made without gradients, of what was changed with them
        return False
