"""Which axis of a result is made of features: that of which each index has weights of its own."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from rnnscope.experiments.alignment import changed
from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.replay import ReplayError, Run, call_again, quietly
from rnnscope.recording.tape import Call, Tape


def makers(tape: Tape, given: int) -> Iterator[Call]:
    """The layers that a slot comes from, with nothing learnt in between."""
    seen, todo = set[int](), [given]
    while todo:
        slot = todo.pop()
        maker = tape.producer.get(slot)
        if slot in seen or slot not in tape.learnt or maker is None:
            continue
        seen.add(slot)
        if tape.parameters.isdisjoint(maker.inputs):
            todo.extend(maker.inputs)
        else:
            yield maker


def feature_axis(laboratory: Laboratory, call: Call) -> int | None:
    """The axis of a call's first result that one axis of a weight makes, index by index.

    Another axis of that weight is summed over: what only scales or shifts has a number for each
    place, be that a feature or a step.
    """
    for slot in call.inputs:
        weight = laboratory.tape.values[slot]
        if slot not in laboratory.tape.parameters or weight is None or weight.dim() < 2:
            continue
        if max(weight.shape) == weight.numel() and _keeps_its_shape(laboratory, call):
            continue
        made = [_moved(laboratory, call, slot, axis) for axis in range(weight.dim())]
        alone = [axis for axis in made if axis is not None]
        if len(alone) == 1:
            return alone[0]
    return None


def _keeps_its_shape(laboratory: Laboratory, call: Call) -> bool:
    shape = laboratory.tape.shape
    return any(shape(slot) == shape(call.results[0]) for slot in call.inputs)


def _moved(laboratory: Laboratory, call: Call, slot: int, axis: int) -> int | None:
    """The axis of the result of which a slice of the weight moves one index, and no other's."""
    weight, before = laboratory.value(slot), laboratory.value(call.results[0])
    if weight is None or before is None or weight.shape[axis] < 2:
        return None
    with quietly():
        after = weight.detach().clone()
        after.select(axis, 0).add_(1 + weight.detach().abs().mean())
        run = Run(laboratory.tape, laboratory.base, {slot: after})
        try:
            moved = changed(before, call_again(run, call, False, None)[0])
        except ReplayError:
            return None
        for found, size in enumerate(moved.shape):
            rows = moved.movedim(found, 0).reshape(size, -1).any(1).nonzero().flatten().tolist()
            if rows == [0] and size == weight.shape[axis]:
                return found
    return None


def places(mask: torch.Tensor, axis: int) -> frozenset[int]:
    """The indices along an axis of what moved."""
    rows = mask.movedim(axis, 0).flatten(1).any(1) if mask.dim() > 1 else mask
    return frozenset(rows.nonzero().flatten().tolist())
