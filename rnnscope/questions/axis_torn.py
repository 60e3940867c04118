"""Was an axis torn: do its slices, once apart, lie in the same places along every axis?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import torch

from rnnscope.experiments.goals import goals
from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.meeting import Meeting, errors, meetings
from rnnscope.experiments.regrouping import Block, blocks, regroups
from rnnscope.experiments.replay import Run, Value, quietly
from rnnscope.experiments.roles import roots
from rnnscope.recording.tape import Call, Tape
from rnnscope.subjects.facts import AxisTorn

_MOST = 2  # regroupings of one step that are tried
_PAIRS = 3  # of slices: of a data set not all may have come into this batch


@dataclass(frozen=True, slots=True)
class Tear:
    """A regrouping, the slot whose axis it would tear, and the block that tells so by its sizes."""

    call: Call
    slot: int
    block: Block
    axis: int
    pair: tuple[int, int]


def axes_torn(laboratory: Laboratory) -> Iterator[AxisTorn]:
    """Regroupings whose sizes say that axes were to change places, and that tore one instead.

    What tells is the first call that computes with both slices: one that puts the elements back
    first, or counts them all alike, does no harm. Raises OutOfBudgetError.
    """
    for tear in islice(tears(laboratory.tape), _MOST):
        own = _with_loaded(laboratory, tear)
        for first in _starts(tear, own.tape.shape(tear.slot)[tear.axis]):
            pair = (first + offset for offset in tear.pair)
            runs = [own.with_slice_changed(tear.slot, tear.axis, index) for index in pair]
            reader = _reader(own, tear.call, runs)
            if reader is not None:
                yield _fact(own.tape, tear, reader)
                break


def tears(tape: Tape) -> Iterator[Tear]:
    """The regroupings of data on the way to the goals that would tear an axis, by their sizes."""
    wanted = frozenset[int]().union(*map(tape.ancestors, goals(tape).wanted))
    for call in tape.calls:
        if wanted.isdisjoint(call.results) or not _swaps(tape, call) or not regroups(tape, call):
            continue
        found = next(_torn(tape, call), None)
        if found is not None and roots(tape, call.results[0]):
            yield found


def _swaps(tape: Tape, call: Call) -> bool:
    """True where a look at the values is worth it."""
    return len(call.results) == 1 and any(True for _ in _torn(tape, call))


def _torn(tape: Tape, call: Call) -> Iterator[Tear]:
    after = tape.shape(call.results[0])
    for slot in _made_of(tape, call):
        for block in blocks(tape.shape(slot), after):
            torn = block.torn() if block.swaps else None
            if torn is not None:
                yield Tear(call, slot, block, torn[0], torn[1:])


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


def _starts(tear: Tear, size: int) -> Iterator[int]:
    """Where pairs of slices begin that are torn like the first one."""
    for part in range(_PAIRS):
        first = part * size // _PAIRS
        if first + tear.pair[1] < size:
            yield first


def _reader(laboratory: Laboratory, torn: Call, runs: Sequence[Run | None]) -> Call | None:
    """The first call that computes with both slices while they are torn."""
    first, second = runs
    if first is None or second is None:
        return None
    tape, reached = laboratory.tape, set(torn.results)
    met = {meeting.call.number: meeting for meeting in meetings(tape)}
    for call in tape.calls[torn.number + 1 :]:
        given = [slot for slot in call.inputs if slot in reached]
        if not given:
            continue
        meeting = met.get(call.number)
        torn_here = any(_is_torn(_masks(laboratory, slot, first, second)) for slot in given)
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
    return len(tape.shape(meeting.prediction)) == len(tape.shape(meeting.target)) + 1


_Pair = tuple[torch.Tensor, torch.Tensor]


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


def _is_torn(masks: _Pair | None) -> bool:
    """True for slices that have no element in common, and along every axis an index."""
    if masks is None or bool((masks[0] & masks[1]).any()):
        return False
    one, other = masks
    if not (bool(one.any()) and bool(other.any())):
        return False
    for axis in range(one.dim()):
        rows = [mask.movedim(axis, 0).flatten(1).any(1) for mask in masks]
        if not bool((rows[0] & rows[1]).any()):
            return False
    return one.dim() > 1


def _fact(tape: Tape, tear: Tear, reader: Call) -> AxisTorn:
    return AxisTorn(
        tear.call.name,
        tape.shape(tear.slot),
        tape.shape(tear.call.results[0]),
        tear.axis,
        tear.call.location,
        reader.name,
        reader.location,
    )
