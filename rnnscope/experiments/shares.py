"""Shares of a whole: numbers that add up to 1 along an axis, or whose exponents do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.replay import Value, quietly
from rnnscope.recording.tape import Call

_ROUNDING = 1e-4  # of a sum of some thousand shares in float32
_LARGEST = 1 << 20  # elements that are added up


@dataclass(frozen=True, slots=True)
class Shares:
    """A slot of shares, the axis along which they add up to 1, and the call that made them so."""

    slot: int
    axis: int
    call: Call


def shares(laboratory: Laboratory, slot: int) -> Iterator[Shares]:
    """The shares that a slot was made of, in order; of each place in the program the first."""
    tape, seen = laboratory.tape, set[object]()
    with quietly():
        for call in tape.leading_to(slot):
            place = call.place, call.name
            if place in seen or tape.learnt.isdisjoint(call.results):
                continue
            seen.add(place)
            value = laboratory.value(call.results[0])
            axis = shared_axis(value) if value is not None else None
            if axis is not None:
                yield Shares(call.results[0], axis, call)


def shared_axis(value: Value) -> int | None:
    """The one axis along which positive numbers, or the exponents of others, add up to 1."""
    if not value.is_floating_point() or value.is_sparse or not 1 < value.numel() <= _LARGEST:
        return None
    if 0 in value.shape or not _begins_like_shares(value):
        return None
    if bool(value.amax() <= 0):
        value = value.exp()
    if bool(value.amin() < 0):
        return None
    found = [n for n, size in enumerate(value.shape) if size > 1 and _is_whole(value.sum(n))]
    return found[0] if len(found) == 1 else None


def _begins_like_shares(value: Value) -> bool:
    """A look at the first row along each axis: most tensors hold nothing of the kind."""
    for axis, size in enumerate(value.shape):
        if size > 1:
            row = value.movedim(axis, 0).reshape(size, -1)[:, 0]
            if _is_whole(row.sum()) or _is_whole(row.exp().sum()):
                return True
    return False


def _is_whole(total: torch.Tensor) -> bool:
    return bool(((total - 1).abs() < _ROUNDING).all())
