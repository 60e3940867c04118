"""Was an axis torn: do its slices, once apart, lie in the same places along every axis?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import torch

from rnnscope.experiments.features import feature_axis, makers, places
from rnnscope.experiments.goals import goals
from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.meeting import Meeting, errors, meetings
from rnnscope.experiments.regrouping import blocks, regroups
from rnnscope.experiments.replay import Run, Value, quietly
from rnnscope.experiments.roles import roots
from rnnscope.experiments.starts import left_slots
from rnnscope.recording.tape import Call, Tape
from rnnscope.subjects.facts import AxisTorn

_MOST = 2  # regroupings of one step that are tried
_AXES, _SAMPLES = 3, 1  # of h_n and c_n: (D*num_layers, N, H_out)
_Pair = tuple[torch.Tensor, torch.Tensor]
_PAIRS = 3  # of slices of a data set: not all may have come into this batch


@dataclass(frozen=True, slots=True)
class Tear:
    """A regrouping, the slot whose axis it would tear, and two slices of that which tell.

    ``known`` tells that these are samples, by the recurrent layer that made the slot: they must
    not meet at all.
    """

    call: Call
    slot: int
    axis: int
    pair: tuple[int, int]
    known: bool = False


def axes_torn(laboratory: Laboratory) -> Iterator[AxisTorn]:
    """Regroupings whose sizes say that axes were to change places, and that tore one instead.

    What tells is the first call that computes with both slices: one that puts the elements back
    first, or counts them all alike, does no harm. Raises OutOfBudgetError.
    """
    behind = frozenset[int]()  # what is torn already
    for tear in islice(tears(laboratory.tape), _MOST):
        if not behind.isdisjoint(tear.call.inputs):
            continue
        own = _with_loaded(laboratory, tear)
        pairs = _PAIRS if own is not laboratory else 1
        for first in _starts(tear, own.tape.shape(tear.slot)[tear.axis], pairs):
            pair = (first + offset for offset in tear.pair)
            runs = [own.with_slice_changed(tear.slot, tear.axis, index) for index in pair]
            reader = _reader(own, tear, runs)
            if reader is not None:
                yield _fact(own.tape, tear.call, tear.slot, reader)
                behind |= own.tape.descendants(frozenset(tear.call.results))
                break


def classes_torn(laboratory: Laboratory) -> Iterator[AxisTorn]:
    """Scores regrouped before their loss, so that no axis has one place for each class any more.

    Which axis had the classes is known by the weights that made them. Raises OutOfBudgetError.
    """
    tape = laboratory.tape
    for meeting in meetings(tape):
        for maker in makers(tape, meeting.prediction) if _are_classes(tape, meeting) else ():
            behind = tape.descendants(frozenset(maker.results[:1]))
            path = (c for c in tape.leading_to(meeting.prediction) if c.number > maker.number)
            swaps = [c for c in path if not behind.isdisjoint(c.inputs) and _swaps(tape, c)]
            if swaps and _is_scattered(laboratory, meeting, maker, swaps[0]):
                yield _fact(tape, swaps[0], swaps[0].inputs[0], meeting.call)
                return


def _swaps(tape: Tape, call: Call) -> bool:
    after = tape.shape(call.results[0])
    slots = list(_made_of(tape, call))
    found = (block.swaps for slot in slots for block in blocks(tape.shape(slot), after))
    return any(found) and all(tape.shape(slot) != after for slot in slots)


def _is_scattered(laboratory: Laboratory, meeting: Meeting, maker: Call, call: Call) -> bool:
    """True when two classes had a place each along one axis before a call, and at the loss none."""
    axis = feature_axis(laboratory, maker)
    if axis is None:
        return False
    slot, shape = maker.results[0], laboratory.tape.shape
    if shape(slot) == shape(call.inputs[0]):
        slot = call.inputs[0]  # behind a softmax, which each class moves all of
    first, second = (laboratory.with_slice_changed(slot, axis, index) for index in (0, 1))
    if first is None or second is None:
        return False
    before = _masks(laboratory, call.inputs[0], first, second)
    after = _masks(laboratory, meeting.prediction, first, second)
    return _have_places(before) and _are_apart(after) and not _have_places(after)


def _have_places(masks: _Pair | None) -> bool:
    """True where each slice is one index along some axis, another one each."""
    if masks is None or not _are_apart(masks):
        return False
    found = [[places(mask, axis) for mask in masks] for axis in range(masks[0].dim())]
    return any(len(one) == len(other) == 1 and one != other for one, other in found)


def tears(tape: Tape) -> Iterator[Tear]:
    """The regroupings of data on the way to the goals that would tear an axis, by their sizes."""
    wanted = frozenset[int]().union(*map(tape.ancestors, goals(tape).wanted))
    for call in tape.calls:
        if wanted.isdisjoint(call.results) or not regroups(tape, call):
            continue
        found = next(_torn(tape, call), None)
        if found is not None and roots(tape, call.results[0]):
            yield found


def _torn(tape: Tape, call: Call) -> Iterator[Tear]:
    after = tape.shape(call.results[0])
    slots = list(_made_of(tape, call))
    if any(tape.shape(slot) == after for slot in slots):
        return  # as it was before
    for slot in slots:
        for block in blocks(tape.shape(slot), after):
            torn = block.torn() if block.swaps else None
            if torn is not None:
                yield Tear(call, slot, torn[0], torn[1:])
        yield from _samples_torn(tape, call, slot)


def _samples_torn(tape: Tape, call: Call, slot: int) -> Iterator[Tear]:
    """What a recurrent layer gave, regrouped as if its samples had changed places with others."""
    maker = tape.producer.get(slot)
    if maker is None or maker.layer is None or slot not in left_slots(maker):
        return
    layer, shape = maker.layer, tape.shape(slot)
    if len(shape) != _AXES:
        return
    split = (layer.num_layers, 1 + layer.bidirectional, *shape[1:])
    for block in blocks(split, tape.shape(call.results[0])):
        if block.swaps and _SAMPLES + 1 in block.axes:
            yield Tear(call, slot, _SAMPLES, (0, 1), known=True)


def _made_of(tape: Tape, call: Call) -> Iterator[int]:
    """The slots whose elements, in this order, went into a call: it is regrouped once more."""
    maker: Call | None = call
    while maker is not None and len(maker.inputs) == len(maker.results) == 1:
        given, made = maker.inputs[0], maker.results[0]
        sizes = tape.shape(given), tape.shape(made)
        if sizes[0] != sizes[1] and not regroups(tape, maker):
            return
        if sizes[0] != sizes[1]:
            yield given
        maker = tape.producer.get(given)


def _with_loaded(laboratory: Laboratory, tear: Tear) -> Laboratory:
    """A laboratory in which a DataLoader's batches are made again, of what was torn before."""
    tape = laboratory.tape
    if tape.batches.isdisjoint(tape.descendants(frozenset(tear.call.results))):
        return laboratory
    again = replace(tape, settled=tape.settled & tape.parameters)
    return Laboratory(again, laboratory.budget)


def _starts(tear: Tear, size: int, pairs: int) -> Iterator[int]:
    """Where pairs of slices begin that are torn like the first one."""
    for part in range(pairs):
        first = part * size // pairs
        if first + tear.pair[1] < size:
            yield first


def _reader(laboratory: Laboratory, tear: Tear, runs: Sequence[Run | None]) -> Call | None:
    """The first call that computes with both slices while they are torn."""
    first, second = runs
    if first is None or second is None:
        return None
    tape, reached = laboratory.tape, set(tear.call.results)
    met = {meeting.call.number: meeting for meeting in meetings(tape)}
    for call in tape.calls[tear.call.number + 1 :]:
        given = [slot for slot in call.inputs if slot in reached]
        if not given:
            continue
        meeting = met.get(call.number)
        pairs = [_masks(laboratory, slot, first, second) for slot in given]
        torn_here = any(_are_apart(pair) if tear.known else _is_torn(pair) for pair in pairs)
        if tear.known and tape.parameters.isdisjoint(call.inputs):
            torn_here = False
        if torn_here and meeting is not None and _are_classes(tape, meeting):
            return call
        made = _made(laboratory, call, meeting, first, second)
        meets = any(bool((one & other).any()) for one, other in made)
        if meets and torn_here and all(one.numel() > 1 for one, _ in made):
            return call
        if not meets and meeting is None:
            reached.update(call.results)
    return None


def _are_classes(tape: Tape, meeting: Meeting) -> bool:
    """True where targets are numbers of classes, each with an axis of scores to choose from."""
    scores, targets = tape.shape(meeting.prediction), tape.shape(meeting.target)
    alone = (*scores[:1], *scores[2:]), (*scores[:1], 1, *scores[2:])
    return len(scores) > 1 and scores != targets and targets in alone


def _made(
    laboratory: Laboratory, call: Call, meeting: Meeting | None, first: Run, second: Run
) -> list[_Pair]:
    """What both changes moved in the results of a call; of a loss in its single errors."""
    if meeting is None:
        pairs = (_masks(laboratory, slot, first, second) for slot in call.results)
        return [pair for pair in pairs if pair is not None]
    found = [errors(laboratory, run, meeting) for run in (None, first, second)]
    base, one, other = found
    if base is None or one is None or other is None:
        return []
    with quietly():
        return [(_differ(base, one), _differ(base, other))]


def _differ(before: Value, after: Value) -> torch.Tensor:
    return (before != after) & ~(before.isnan() & after.isnan())


def _masks(laboratory: Laboratory, slot: int, first: Run, second: Run) -> _Pair | None:
    with quietly():
        one, other = laboratory.moved(first, slot), laboratory.moved(second, slot)
    return (one, other) if one is not None and other is not None else None


def _are_apart(masks: _Pair | None) -> bool:
    """True for slices that are both there, and have no element in common."""
    if masks is None or bool((masks[0] & masks[1]).any()):
        return False
    return bool(masks[0].any()) and bool(masks[1].any())


def _is_torn(masks: _Pair | None) -> bool:
    """True for slices that have no element in common, and along every axis an index."""
    if masks is None or not _are_apart(masks):
        return False
    one = masks[0]
    for axis in range(one.dim()):
        rows = [mask.movedim(axis, 0).flatten(1).any(1) for mask in masks]
        if not bool((rows[0] & rows[1]).any()):
            return False
    return one.dim() > 1


def _fact(tape: Tape, call: Call, slot: int, reader: Call) -> AxisTorn:
    return AxisTorn(
        call.name,
        tape.shape(slot),
        tape.shape(call.results[0]),
        call.location,
        reader.name,
        reader.location,
    )
