"""How a layer takes and returns its states: the layouts that people write, packed and unpacked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from rnnscope.verification.probe import Probe

# What one state looks like. "stacked" is torch's own; K stands for D*num_layers.
STACKED = "stacked"  # (K, N, H)
BATCH_FIRST = "batch first"  # (N, K, H)
FLAT = "flat"  # (N, H), where there is one layer
LISTED = "listed"  # K tensors (N, H)
FORMS = (STACKED, FLAT, LISTED, BATCH_FIRST)


@dataclass(frozen=True, slots=True)
class Passing:
    """How initial states are given: in which form, as one argument or as several.

    ``pairs`` is the form of an LSTM whose state is a list with one (h, c) for each layer.
    """

    form: str
    separate: bool = False
    pairs: bool = False

    def arguments(self, h: Tensor, c: Tensor | None) -> tuple[Any, ...]:
        """The arguments that follow the input; ``h`` is (K, N, H)."""
        if c is None:
            return (shaped(h, self.form),)
        if self.pairs:
            return (list(zip(h.unbind(0), c.unbind(0), strict=True)),)
        both = (shaped(h, self.form), shaped(c, self.form))
        return both if self.separate else (both,)

    def describe(self, has_c: bool) -> str:
        """In words, for the report."""
        form = {
            STACKED: "(D*num_layers, N, H)",
            BATCH_FIRST: "(N, D*num_layers, H)",
            FLAT: "(N, H)",
            LISTED: "a list of (N, H)",
        }[self.form]
        if not has_c:
            return form
        if self.pairs:
            return "a list with one pair (h, c) of (N, H) for each layer"
        return f"{form}, {'as two arguments' if self.separate else 'as one pair (h, c)'}"


def shaped(state: Tensor, form: str) -> Any:
    """A state (K, N, H) in another form."""
    if form == FLAT:
        return state[0]
    if form == LISTED:
        return list(state.unbind(0))
    return state.transpose(0, 1) if form == BATCH_FIRST else state


def passings(layers: int, has_c: bool, most: int, bare: bool) -> list[Passing]:
    """Every way of giving states to a call that takes ``most`` further arguments, usual ones first.

    ``bare`` says that a step takes states without the axis of layers more often than with it.
    """
    forms = [form for form in FORMS if form != FLAT or layers == 1]
    if bare and layers == 1:
        forms.sort(key=lambda form: form != FLAT)
    ways = [Passing(form) for form in forms] if most >= 1 else []
    if has_c and most >= 1:
        ways.append(Passing(LISTED, pairs=True))
    if has_c and most >= 2:
        ways = [Passing(form, separate=True) for form in forms] + ways
    return ways


@dataclass(frozen=True, slots=True)
class Found:
    """A state read out of a result: as (K, N, H), and the form in which it came."""

    value: Tensor
    form: str


def read_state(value: object, probe: Probe, size: int) -> Found | None:
    """Bring one state, in any of FORMS, to (K, N, size); None when its shape is another."""
    layers, batch = probe.layers, probe.batch
    if isinstance(value, (list, tuple)):
        tensors = [_bare(item, batch, size) for item in value]
        if len(tensors) != layers or any(item is None for item in tensors):
            return None
        return Found(torch.stack([item for item in tensors if item is not None]), LISTED)
    if not isinstance(value, Tensor):
        return None
    shape = tuple(value.shape)
    if shape == (layers, batch, size):
        return Found(value, STACKED)
    if shape == (batch, layers, size):
        return Found(value.transpose(0, 1), BATCH_FIRST)
    if shape == (batch, size) and layers == 1:
        return Found(value.unsqueeze(0), FLAT)
    return None


def _bare(value: object, batch: int, size: int) -> Tensor | None:
    """A state of one layer, (N, H) or (1, N, H), as (N, H)."""
    if not isinstance(value, Tensor):
        return None
    bare = value[0] if value.ndim == 3 and len(value) == 1 else value
    return bare if tuple(bare.shape) == (batch, size) else None
