"""Which slots hold the data of a step, and on which axis its samples are, by evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from rnnscope.experiments.meeting import CONSTANTS
from rnnscope.findings import Location
from rnnscope.recording.tape import RECURRENT_KERNELS, Call, Slot, Tape

_INDEXING = frozenset(("__getitem__", "index_select", "gather", "take", "take_along_dim"))
_TOLD = _INDEXING | {"_pack_padded_sequence"}
_COLLATING = frozenset(("stack", "pad_sequence"))


@dataclass(frozen=True, slots=True)
class Root:
    """A slot of data as the program got it, and why its samples are on ``axis``, if that is known.

    ``certain`` tells that no other axis can hold them, whatever else would make the program right.
    """

    slot: int
    reason: str | None = None
    constant: bool = False  # counts, zeros and the like: nobody's data
    location: Location | None = None
    axis: int = 0
    certain: bool = False


def state_slots(call: Call) -> tuple[int, ...]:
    """The slots of the initial states of a recurrent kernel: hx comes second, third when packed."""
    given = call.args[2] if _packs(call) else call.args[1]
    return tuple(slot.number for slot in _slots(given))


def packed_sizes(tape: Tape, call: Call) -> torch.Tensor | None:
    """How many sequences have each step, of a kernel that runs on packed data."""
    slot = call.args[1] if _packs(call) else None
    return tape.values[slot.number] if isinstance(slot, Slot) else None


def is_one_step(tape: Tape, call: Call) -> bool:
    """True for a recurrent kernel that reads one step, as a cell does."""
    sizes, layer, shape = packed_sizes(tape, call), call.layer, tape.shape(call.inputs[0])
    if "cell" in call.name or sizes is not None:
        return sizes is None or len(sizes) == 1
    return layer is not None and len(shape) == 3 and shape[layer.batch_first] == 1


def _packs(call: Call) -> bool:
    """True for ``lstm(data, batch_sizes, hx, …)``: the weights come fourth, a list of slots."""
    return len(call.args) > 3 and isinstance(call.args[3], (list, tuple))


def _slots(value: Any) -> Iterator[Slot]:
    if isinstance(value, Slot):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _slots(item)


def roots(tape: Tape, slot: int) -> tuple[Root, ...]:
    """The data that a slot was made of, as the program got it: batches, sources, gathered rows."""
    found: dict[int, Root] = {}
    seen: set[int] = set()
    todo = [slot]
    while todo:
        number = todo.pop()
        if number in seen or number in tape.parameters:
            continue
        seen.add(number)
        root = _root(tape, number)
        if root is not None:
            found[number] = root
            continue
        call = tape.producer[number]
        todo.extend(_data_of(call, tape.learnt))
    return tuple(r for r in found.values() if not r.constant and _holds_data(tape, r.slot))


def data_of(tape: Tape, slot: int) -> frozenset[int]:
    """Every slot whose values a slot was made of: an index only says which of them go on."""
    seen: set[int] = set()
    todo = [slot]
    while todo:
        number = todo.pop()
        if number not in seen:
            seen.add(number)
            call = tape.producer.get(number)
            todo.extend(_data_of(call, tape.learnt) if call is not None else ())
    return frozenset(seen)


def _data_of(call: Call, depends: frozenset[int]) -> Iterator[int]:
    """The inputs of a call, without initial states that are no result of the model's."""
    if call.name in _TOLD and call.inputs:
        yield call.inputs[0]  # an index says which rows, lengths how many steps: no data of theirs
        return
    states = state_slots(call) if call.name in RECURRENT_KERNELS else ()
    for slot in call.inputs:
        if slot not in states or slot in depends:
            yield slot


def _root(tape: Tape, slot: int) -> Root | None:
    names = tape.named.get(slot)
    if names is not None and names.samples is not None:
        return Root(slot, str(names), location=names.location, axis=names.samples, certain=True)
    if slot in tape.batches:
        return _batch(tape, slot)
    call = tape.producer.get(slot)
    if call is not None and call.name in CONSTANTS:
        return Root(slot, constant=True)
    if call is None or not call.inputs:
        return Root(slot)
    if slot in tape.learnt:
        return None
    if call.changed == slot:
        return Root(slot, location=call.location)  # a buffer that was filled in place
    if call.name == "__getitem__" and _draws_rows(tape, call):
        return Root(slot, "rows are drawn by an index here", location=call.location)
    if call.name in _COLLATING or _cuts_rows(tape, call):
        return Root(slot, location=call.location)
    return None


def _batch(tape: Tape, slot: int) -> Root:
    axis = tape.sample_axes.get(slot)
    if axis is None:
        return Root(slot, location=tape.loaded_at)
    loader = "shuffling DataLoader" if tape.shuffled else "DataLoader"
    reason = f"the {loader} put the samples on axis {axis}"
    return Root(slot, reason, location=tape.loaded_at, axis=axis, certain=tape.shuffled)


def _draws_rows(tape: Tape, call: Call) -> bool:
    """True for ``x[index]`` with a tensor of row numbers in any order."""
    index = call.args[1] if len(call.args) > 1 else None
    if not isinstance(index, Slot):
        return False
    value, given = tape.values[index.number], call.args[0]
    if value is None or value.dtype is not torch.int64 or value.dim() != 1:
        return False
    # As many rows as there were are the same samples, sorted.
    return isinstance(given, Slot) and tape.shape(given.number)[:1] != tuple(value.shape)


def _cuts_rows(tape: Tape, call: Call) -> bool:
    """True for ``x[first:last]`` that leaves most of the rows: a batch of a data set."""
    index = call.args[1] if call.name == "__getitem__" else None
    given, made = tape.shape(call.inputs[0]), tape.shape(call.results[0])
    return isinstance(index, slice) and len(made) > 0 and 2 * made[0] <= given[0]


def _holds_data(tape: Tape, slot: int) -> bool:
    value = tape.values[slot]
    return value is not None and value.dim() >= 1 and value.numel() > 1 and not value.is_sparse


def padding_values(tape: Tape, root: Root) -> frozenset[int]:
    """The whole numbers that mean padding: 0, and what an embedding of them says."""
    reached = tape.descendants(frozenset((root.slot,)))
    embeddings = (c for c in tape.calls if c.name == "embedding" and c.inputs[:1])
    said = (c.kwargs.get("padding_idx") for c in embeddings if not reached.isdisjoint(c.inputs))
    return frozenset({0} | {value for value in said if isinstance(value, int)})
