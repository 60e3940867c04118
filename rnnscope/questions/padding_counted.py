"""Does the loss count errors whose targets are nothing but the padding of shorter sequences?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.meeting import Meeting
from rnnscope.experiments.padding import Ragged
from rnnscope.experiments.replay import ReplayError, quietly
from rnnscope.experiments.roles import data_of
from rnnscope.experiments.usage import usage
from rnnscope.recording.tape import Tape
from rnnscope.subjects.experiment_results import PaddingCounted

_FEWEST = 4  # equal targets behind the ends: fewer may be equal by chance


def padding_counted(
    laboratory: Laboratory, meeting: Meeting, padded: Sequence[Ragged]
) -> Iterator[PaddingCounted]:
    """Class targets with one value behind the end of every sequence, which have a gradient."""
    tape = laboratory.tape
    target = laboratory.value(meeting.target)
    if target is None or target.dtype is not torch.int64 or tape.loss is None:
        return
    if len(tape.shape(meeting.prediction)) != target.dim() + 1:
        return
    made_of = sorted(data_of(tape, meeting.target) - tape.learnt)
    for known in padded:
        for slot in made_of if _is_said(tape, known) else ():
            where = _behind_the_ends(laboratory, known, slot)
            moved = _reached(laboratory, slot, where, meeting.target) if where is not None else None
            if moved is None or not bool(moved.any()):
                continue
            counted = _counted(laboratory, meeting)
            if counted is not None and bool(counted[moved].all()):
                value, count = int(target[moved][0]), int(moved.sum())
                filled = tape.producer.get(slot)
                yield PaddingCounted(
                    meeting.call.name,
                    value,
                    count,
                    target.numel(),
                    meeting.call.location,
                    filled.location if filled is not None else known.location,
                )
            return


def _is_said(tape: Tape, known: Ragged) -> bool:
    """True where the program itself has padded, or says which number is padding."""
    reached = tape.descendants(frozenset((known.slot,)))
    embeddings = (call for call in tape.calls if call.name == "embedding")
    said = (call.kwargs.get("padding_idx") for call in embeddings if call.inputs[0] in reached)
    return known.told or any(type(number) is int and number >= 0 for number in said)


def _behind_the_ends(laboratory: Laboratory, known: Ragged, slot: int) -> torch.Tensor | None:
    """Where a table of numbers is padded like these sequences: with one number alone."""
    value, rows = laboratory.value(slot), len(known.padding.lengths)
    sizes = (rows, known.padding.longest)
    if value is None or value.dtype is not torch.int64:
        return None
    if tuple(value.shape) != (sizes if known.samples == 0 else sizes[::-1]):
        return None
    with quietly():
        where = known.places(value) if known.samples == 0 else known.places(value).t()
        behind = value[where]
        alike = len(behind) >= _FEWEST and bool((behind == behind[0]).all())
        return where if alike and bool((value[~where] != behind[0]).any()) else None


def _reached(
    laboratory: Laboratory, slot: int, where: torch.Tensor, target: int
) -> torch.Tensor | None:
    """The targets that are made of these places."""
    value = laboratory.value(slot)
    if value is None:
        return None
    with quietly():
        other = value.masked_fill(where, int(value[~where].max()))
        other[where] += value[where] == other[where]
    run = laboratory.run(("behind", slot), {slot: other})
    return laboratory.moved(run, target) if run is not None else None


def _counted(laboratory: Laboratory, meeting: Meeting) -> torch.Tensor | None:
    """The errors that the loss learns from: its gradient reaches a score of theirs."""
    tape, used = laboratory.tape, usage(laboratory, (meeting.prediction,))
    try:
        found = used.gradients((tape.loss,)) if used is not None and tape.loss is not None else {}
    except ReplayError:
        return None
    gradient = found.get(meeting.prediction)
    return None if gradient is None else (gradient != 0).any(min(1, gradient.dim() - 1))
