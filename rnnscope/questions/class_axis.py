"""Are the classes that a loss chooses from the units of the layer that made the scores?"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from rnnscope.experiments.alignment import Alignment, alignment
from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.meeting import Meeting
from rnnscope.experiments.replay import quietly
from rnnscope.recording.tape import Tape
from rnnscope.subjects.facts import ClassAxis

_CLASSES = 1  # the axis of scores that torch takes for the classes, where there are more than two


def class_axis(laboratory: Laboratory, meeting: Meeting) -> Iterator[ClassAxis]:
    """Scores whose units are along another axis, as long as the one that is taken for them.

    A unit has weights of its own: changed, they move the scores of one class. Where no other axis
    is as long as the classes torch itself would complain.
    """
    tape = laboratory.tape
    scores, targets = tape.shape(meeting.prediction), tape.shape(meeting.target)
    value = tape.values[meeting.target]
    classes = scores[_CLASSES] if len(scores) > 2 else 0
    if value is None or value.dtype is not torch.int64 or scores.count(classes) < 2:
        return
    if (*scores[:_CLASSES], *scores[_CLASSES + 1 :]) != targets:
        return
    for weight, axis in _weights(tape, meeting.prediction, classes):
        found = _units(laboratory, meeting.prediction, weight, axis)
        if found is not None and found.axis != _CLASSES:
            made = tape.users[weight][-1].location
            yield ClassAxis(meeting.call.name, scores, found.axis, meeting.call.location, made)
        if found is not None:
            return


def _weights(tape: Tape, prediction: int, classes: int) -> Iterator[tuple[int, int]]:
    """The weights of the last layer, and the axis along which they have a row for each class."""
    layers = (c for c in tape.leading_to(prediction) if not tape.parameters.isdisjoint(c.inputs))
    last = list(layers)[-1:]
    for slot in (s for call in last for s in call.inputs if s in tape.parameters):
        shape = tape.shape(slot)
        yield from ((slot, axis) for axis, size in enumerate(shape[:2]) if size == classes)


def _units(laboratory: Laboratory, slot: int, weight: int, axis: int) -> Alignment | None:
    """The axis of a slot along which each of two units has one place of its own."""
    runs = [laboratory.with_slice_changed(weight, axis, unit) for unit in (0, 1)]
    with quietly():
        masks = [laboratory.moved(run, slot) for run in runs if run is not None]
        whole = [mask for mask in masks if mask is not None and bool(mask.any())]
        found = alignment(whole, laboratory.tape.shape(weight)[axis]) if len(whole) == 2 else None
    return found if found is not None and found.rows == (frozenset((0,)), frozenset((1,))) else None
