"""Which slice of a recurrent layer's results is read, where that is all that is read of them?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch

from rnnscope.experiments.influence import Laboratory
from rnnscope.experiments.reading import Reader
from rnnscope.experiments.results import Results
from rnnscope.findings import Location
from rnnscope.recording.tape import Call, Layer, Tape
from rnnscope.sources import nodes, spans
from rnnscope.state_names import is_cell, unpacked_names
from rnnscope.subjects.facts import SliceRead

_STATES = ("h_n", "c_n")


@dataclass(slots=True)
class SlicesRead:
    """What was read at each line in every step that was asked: what differs once is meant."""

    _kept: dict[Location | None, dict[tuple[str, int], SliceRead]] = field(default_factory=dict)

    def ask(self, laboratory: Laboratory) -> None:
        """Look at the recurrent calls of one step."""
        for call, facts in slices_read(laboratory):
            new = {(fact.slice, fact.index): fact for fact in facts}
            old = self._kept.get(call.location, new)
            self._kept[call.location] = {key: old[key] for key in old.keys() & new.keys()}

    def facts(self) -> Iterator[SliceRead]:
        """What was so in every step."""
        for kept in self._kept.values():
            yield from kept.values()


@dataclass(frozen=True, slots=True)
class _Said:
    """A slice, as SliceRead has it, and the goal, by its number, of which it is said."""

    slice: str
    index: int
    of: int
    result: str = "output"
    goal: int = 0


def slices_read(laboratory: Laboratory) -> Iterator[tuple[Call, list[SliceRead]]]:
    """Every call of a layer of which something is read, with what is wrong about it."""
    tape = laboratory.tape
    calls = [call for call in tape.recurrent if call.layer and "cell" not in call.name]
    reader = Reader.of(laboratory, calls) if calls else None
    if reader is None:
        return
    for call in calls:
        if call.layer is None or not _anything(reader.read(call, call.layer, 0)):
            continue
        said = _said(reader, call, call.layer)
        if said:
            said = _said(reader, call, call.layer) if reader.is_sure else []
        yield call, [fact for each in said for fact in _proved(reader, call, call.layer, each)]


def _anything(read: Results) -> bool:
    return any(bool(mask.any()) for mask in (read.output, *read.states))


def _said(reader: Reader, call: Call, layer: Layer) -> list[_Said]:
    """What would be wrong if that is all: one thing of all that is read, or the ends of it."""
    of_all = next(_slices(reader, call, layer), None)
    return [of_all] if of_all is not None else list(_ends(reader, call, layer))


def _slices(reader: Reader, call: Call, layer: Layer) -> Iterator[_Said]:
    read = reader.read(call, layer, 0)
    output = bool(read.output.any())
    stated = [name for name, state in zip(_STATES, read.states, strict=False) if state.any()]
    result = "output" if output else stated[0]
    yield from _one_sample(read, output, result, reader.tape.loss is not None)
    if stated == ["c_n"] and not output and not _named_cell(reader.tape, call):
        yield _Said("cell", 1, 2, "c_n")
    layers = _indices(read.states, 0)
    if layers and not output and max(layers) < layer.num_layers - 1:
        yield _Said("layers", max(layers), layer.num_layers, result)
    directions = _indices(read.states, 1) | _indices((read.output,), 2)
    if layer.bidirectional and len(directions) == 1:
        yield _Said("direction", min(directions), 2, result)
    if output and not stated:
        yield from _one_unit(reader, call, layer, read)


def _indices(masks: tuple[torch.Tensor, ...], axis: int) -> set[int]:
    """Where along an axis anything is true in any of these."""
    flat = (mask.movedim(axis, 0).flatten(1).any(1) for mask in masks)
    return {index for hit in flat for index in hit.nonzero().flatten().tolist()}


def _one_sample(read: Results, output: bool, result: str, trained: bool) -> Iterator[_Said]:
    """The first or the last sample with its steps, or with all its layers.

    Any other index, and a single step of it, is picked for a reason, and the first is looked at
    for an example where nothing is trained.
    """
    count = read.output.shape[1]
    samples = _indices(read.states, 2) | _indices((read.output,), 1)
    several = len(_indices((read.output,), 0)) > 1
    whole = any(state.any(3).any(2).all() for state in read.states)
    if len(samples) == 1 < count and (several if output else whole):
        index = min(samples)
        last = index == count - 1 and not read.packed
        if last or (trained and (read.packed or index == 0)):
            yield _Said("sample", index, count, result)


def _one_unit(reader: Reader, call: Call, layer: Layer, read: Results) -> Iterator[_Said]:
    """One number of each of several steps, which are then taken for features."""
    units = _indices((read.output.flatten(2),), 2)
    count = read.output[0, 0].numel()
    several = len(_indices((read.output,), 0)) > 1
    alike = len(units) == 1 or reader.is_one_number(call)
    if count > 1 and several and alike and reader.steps_meet(call, layer):
        yield _Said("unit" if len(units) == 1 else "units", min(units), count)


def _ends(reader: Reader, call: Call, layer: Layer) -> Iterator[_Said]:
    """Predictions for which a direction is read where it has seen one input, and nowhere else.

    Where each prediction reads a step of its own, some read the first and the last.
    """
    each = [reader.read(call, layer, goal) for goal in range(1, len(reader.goals))]
    for direction in range(1 + layer.bidirectional):
        steps = {frozenset(_indices((read.output[:, :, direction],), 0)) for read in each}
        if len([taken for taken in steps if len(taken) == 1]) > 1:
            continue
        for goal, read in enumerate(each, 1):
            if _is_barely_read(read, direction):
                yield _Said("end", direction, len(read.output), goal=goal)
                return


def _is_barely_read(read: Results, direction: int) -> bool:
    """True where the last layer's direction has seen one input of several wherever it is read."""
    taken = read.output[:, :, direction].any(2) & (read.lengths > 1)
    stated = any(state[-1, direction].any() for state in read.states)
    return bool(taken.any()) and not stated and bool((read.seen[:, :, direction][taken] <= 1).all())


def _proved(reader: Reader, call: Call, layer: Layer, said: _Said) -> Iterator[SliceRead]:
    """The fact, if other values in all that is unread change nothing."""
    if said.slice == "units":
        left_at: Call | None = reader.first_user(call, said.goal)  # nothing is unread
    else:
        left_at = reader.left_behind([call], said.goal)
    if left_at is None:
        return
    yield SliceRead(
        said.slice,
        said.index,
        said.of,
        said.result,
        layer.kind,
        layer.batch_first,
        layer.bidirectional,
        left_at.location,
        call.location,
        layer.built_at,
    )


def _named_cell(tape: Tape, call: Call) -> bool:
    """True where c_n has a name of its own: whoever reads it means it."""
    place = call.location
    if place is not None and unpacked_names(place.file, place.line, False) is not None:
        return True
    users = [user.location for user in tape.users.get(call.results[2], ())]
    return any(
        is_cell(node.id if isinstance(node, ast.Name) else node.attr)
        for where in users
        if where is not None
        for node in nodes(where.file, ast.expr)
        if isinstance(node, (ast.Name, ast.Attribute)) and spans(node, where.line)
    )
