"""Does a change of one sample move the predictions of another, and from which call on?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import torch

from rnnscope.experiments.budget import OutOfReplaysError
from rnnscope.experiments.goals import heads
from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.meeting import Meeting
from rnnscope.experiments.regrouping import regroups
from rnnscope.experiments.roles import Root, packed_sizes, roots
from rnnscope.experiments.samples import Separation, separation
from rnnscope.experiments.steps import steps_by_targets
from rnnscope.questions.orders import orders_met
from rnnscope.recording.tape import RECURRENT_KERNELS, Call, Slot, Tape
from rnnscope.subjects.experiment_results import Batch, Disorder, Leak

REGROUPING = frozenset(("view", "reshape", "flatten", "unflatten", "view_as", "reshape_as"))
_BATCHED = 3  # axes of an input: with two it is one sequence
_MOST_ROOTS = 2  # inputs of one prediction that are changed: a run each


def separations(laboratory: Laboratory, meeting: Meeting) -> list[Separation]:
    """For each root of a prediction the first hypothesis of its samples' axis that acquits it.

    Where none does and one is certain, that one, so that it can be charged.
    """
    against = _against_the_steps(laboratory, meeting)
    if against is not None:
        return [against]
    found = []
    given = [r for r in roots(laboratory.tape, meeting.prediction) if _is_data(laboratory, r)]
    for number, root in enumerate(given[:_MOST_ROOTS]):
        with suppress(OutOfReplaysError):  # what was found before stands
            best = _best(laboratory, meeting, root, most=2 if number else 3)
            found += [best] if best is not None else []
    apart = next((tried for tried in found if tried.apart(meeting.prediction)), None)
    if apart is not None:
        known = {tried.root.slot for tried in found}
        others = (root for root in given[:_MOST_ROOTS] if root.slot not in known)
        found += (tried for root in others for tried in _torn(laboratory, meeting, root, apart))
    return found


def _torn(
    laboratory: Laboratory, meeting: Meeting, root: Root, apart: Separation
) -> Iterator[Separation]:
    """Data with one row for each sample of other data, of which a regrouping joins parts."""
    fitting = [n for n, size in enumerate(laboratory.tape.shape(root.slot)) if size == apart.count]
    tried = separation(laboratory, root, fitting[0]) if len(fitting) == 1 else None
    if tried is None or not tried.reaches(meeting.prediction):
        return
    call = first_mixing(tried, meeting.prediction)
    if call is not None and regroups(laboratory.tape, call):
        yield tried


def _against_the_steps(laboratory: Laboratory, meeting: Meeting) -> Separation | None:
    """Samples that are stepped over, while no step hears of an earlier one: taken for each other.

    Which axis holds the steps is told by the targets; the other one holds the samples.
    """
    tape, steps = laboratory.tape, steps_by_targets(laboratory, meeting)
    if steps is None:
        return None
    reason = f"{steps.reason}, so the samples are on axis {1 - steps.axis}"
    root = Root(steps.slot, reason, axis=1 - steps.axis, certain=True)
    tried = separation(laboratory, root, root.axis)
    mixing = first_mixing(tried, meeting.prediction) if tried is not None else None
    if mixing is None or not tape.steps_through(mixing):
        return None
    across = separation(laboratory, root, steps.axis, most=2)
    alone = across is not None and across.reaches(meeting.prediction)
    return tried if alone and across is not None and across.apart(meeting.prediction) else None


def _is_data(laboratory: Laboratory, root: Root) -> bool:
    value = laboratory.tape.values[root.slot]
    return value is not None and value.dtype is not torch.bool and value.dim() > 1


def _best(laboratory: Laboratory, meeting: Meeting, root: Root, most: int) -> Separation | None:
    tape = laboratory.tape
    shape = tape.shape(root.slot)
    expected = _expected_axis(laboratory, meeting, root)
    charged: Separation | None = None
    order = sorted(range(min(len(shape), 3)), key=lambda axis: axis != expected)
    for axis in order:
        if shape[axis] < 2:
            continue
        tried = separation(laboratory, root, axis, most=most if axis == expected else 2)
        if tried is None or not tried.reaches(meeting.prediction):
            continue
        if tried.apart(meeting.prediction):
            return tried
        if axis == expected:
            charged = tried
            if root.certain and axis == root.axis:
                break
    return charged


def _expected_axis(laboratory: Laboratory, meeting: Meeting, root: Root) -> int | None:
    """The axis of the samples: where the program drew them, or the one that fits the targets."""
    tape = laboratory.tape
    if root.slot in tape.sample_axes:
        return root.axis
    shape = tape.shape(root.slot)
    counts = {tape.shape(target.slot)[0] for target in roots(tape, meeting.target)}
    if len(counts) != 1 or tape.shape(meeting.prediction)[0:1] == ():
        return None
    value = tape.values[root.slot]
    axes_of_a_batch = 3 if value is not None and value.is_floating_point() else 2
    if len(shape) < axes_of_a_batch and root.reason is None:
        return None  # one sequence has one target for each step, too
    fitting = [axis for axis, size in enumerate(shape) if size in counts and size > 1]
    if root.reason is not None and 0 in fitting:
        return 0
    return fitting[0] if len(fitting) == 1 else None


def separations_without_targets(laboratory: Laboratory) -> Iterator[tuple[int, Separation]]:
    """The last results of layers, and the changed samples of data whose axis is certain."""
    for slot in heads(laboratory.tape):
        for root in roots(laboratory.tape, slot):
            tried = separation(laboratory, root, root.axis) if root.certain else None
            if tried is not None and tried.reaches(slot):
                yield slot, tried


def samples_mixed(
    laboratory: Laboratory, prediction: int, tried: Separation
) -> Iterator[Leak | Disorder]:
    """Samples that are not apart any more in a prediction."""
    if tried.apart(prediction):
        return
    call = first_mixing(tried, prediction)
    if call is None or _is_meant(laboratory, tried, call):
        return
    met = next(orders_met(tried, call.results[0]), None)
    if met is not None:
        yield met
        return
    sample, other, moved = _witness(tried, prediction)
    blamed = _blamed(tried, call)
    yield Leak(
        call.name,
        sample,
        other,
        moved,
        blamed.location,
        laboratory.tape.shape(blamed.results[0]),
        recurrent=blamed is call and _steps_over_samples(laboratory.tape, call),
        regroups=blamed.name in REGROUPING,
        batch=Batch(
            tried.count,
            laboratory.tape.shuffled,
            tried.root.location,
            tried.root.reason or "the targets have one row for each sample",
        ),
        built_at=call.layer.built_at if call.layer is not None else None,
        moved_at=tried.moved_at(call),
        **_stepping(laboratory.tape, call),
    )


def _stepping(tape: Tape, call: Call) -> dict[str, Any]:
    """The layer that steps, its input, and along which axis; nothing of a cell or packed data."""
    layer, given = call.layer, tape.shape(call.inputs[0])
    if layer is None or "cell" in call.name or packed_sizes(tape, call) is not None:
        return {}
    batched = len(given) == _BATCHED
    return {"kind": layer.kind, "given": given, "axis": int(batched and layer.batch_first)}


def _steps_over_samples(tape: Tape, call: Call) -> bool:
    """True where a state carries one sample into the next; a loop's first call has none yet."""
    first = next(
        c for c in tape.calls if c is call or (c.place is not None and c.place == call.place)
    )
    return tape.steps_through(call) and (call.name in RECURRENT_KERNELS or first is not call)


def first_mixing(tried: Separation, slot: int) -> Call | None:
    """The first call on the way to a slot after which the samples are not apart."""
    tape = tried.laboratory.tape
    for call in tape.leading_to(slot):
        if any(not tried.apart(result) for result in call.results):
            return call
    return None


def _is_meant(laboratory: Laboratory, tried: Separation, call: Call) -> bool:
    """Mixed on purpose: data augmented before the model, or neighbours of a graph that is given."""
    tape, depends = laboratory.tape, laboratory.tape.learnt
    if depends.isdisjoint(call.results):
        return not regroups(tape, call)
    if call.name in ("batch_norm", "instance_norm"):
        return True
    tables = [s for s in call.inputs if tape.shape(s)[-2:] == (tried.count, tried.count)]
    return any(not tried.reaches(table) for table in tables)


def _blamed(tried: Separation, call: Call) -> Call:
    """Before a layer that steps over torn rows, the call that tore them."""
    if call.name not in RECURRENT_KERNELS:
        return call
    tape = tried.laboratory.tape
    given = call.args[0]
    while isinstance(given, Slot) and given.number != tried.root.slot:
        maker = tape.producer.get(given.number)
        if maker is None or tried.masks(given.number) is None:
            return call
        if maker.name in REGROUPING and not _one_row_each(tried, given.number):
            return maker
        given = maker.args[0] if maker.args else None
    return call


def _one_row_each(tried: Separation, slot: int) -> bool:
    rows = tried.rows(slot)
    return rows is not None and all(len(indices) == 1 for indices in rows[1])


def _witness(tried: Separation, slot: int) -> tuple[int, int, float]:
    """A sample, another whose prediction it moved, and by how much."""
    masks = tried.masks(slot)
    assert masks is not None
    before = tried.laboratory.value(slot)
    after = tried.runs[0].value(slot)
    moved = float((after - before).abs().max()) if before is not None and after is not None else 0.0
    for axis, size in enumerate(masks[0].shape):
        if size == tried.count:
            rows = masks[0].movedim(axis, 0).reshape(size, -1).any(1).nonzero().flatten().tolist()
            others = [row for row in rows if row != tried.chosen[0]]
            if others:
                return tried.chosen[0], others[0], moved
    return tried.chosen[0], tried.chosen[1], moved
