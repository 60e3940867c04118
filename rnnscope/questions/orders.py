"""In which order the samples of a step stand, and where two orders of them meet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rnnscope.experiments.roles import data_of
from rnnscope.experiments.samples import Separation
from rnnscope.findings import Location
from rnnscope.recording.tape import Call
from rnnscope.subjects.experiment_results import Disorder


def order_of(tried: Separation, slot: int) -> tuple[int, ...] | None:
    """The row of each changed sample in a slot that has one row for each sample."""
    shape = tried.laboratory.tape.shape(slot)
    rows = tried.rows(slot) if tried.count in shape else None
    if rows is None or shape[rows[0]] != tried.count or any(len(i) != 1 for i in rows[1]):
        return None
    return tuple(next(iter(indices)) for indices in rows[1])


def reordered_at(tried: Separation, slot: int) -> Location | None:
    """The last line that put the samples in another order, when they end in another one."""
    order, found = tried.chosen, None
    for call in tried.laboratory.tape.leading_to(slot):
        for result in call.results:
            rows = order_of(tried, result)
            if rows is not None and rows != order:
                order, found = rows, call.location
    return found if order != tried.chosen else None


def orders_met(tried: Separation, slot: int) -> Iterator[Disorder]:
    """The first call on the way to a slot that is given samples in two orders."""
    tape = tried.laboratory.tape
    made_of, path = data_of(tape, slot), tape.leading_to(slot)
    for call in path:
        given = {s: order_of(tried, s) for s in call.inputs if s in made_of}
        other = next((o for o in given.values() if o not in (None, tried.chosen)), None)
        if other is not None and tried.chosen in given.values():
            pairs = zip(other, tried.chosen, strict=True)
            row, sample = next((row, sample) for row, sample in pairs if row != sample)
            ordered_at = _made_at(tried, path[: path.index(call)], tried.chosen, other)
            restored_at = _made_at(tried, path, other, tried.chosen)
            yield Disorder(row, sample, call.location, ordered_at, restored_at)
            return


def _made_at(
    tried: Separation, path: Sequence[Call], before: tuple[int, ...], after: tuple[int, ...]
) -> Location | None:
    """The last line that put the samples from one order into another."""
    for call in reversed(path):
        given = [order_of(tried, slot) for slot in call.inputs]
        if before in given and order_of(tried, call.results[0]) == after:
            return call.location
    return None
