"""Cells that start every step from the new state of another cell, and never from their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import ref

import torch
from torch import nn

from rnnscope.findings import Location
from rnnscope.probing.records import Records
from rnnscope.probing.states import handed_on
from rnnscope.recording.nest import tensors_in
from rnnscope.recording.user_code import here
from rnnscope.subjects.proofs import BorrowedState

_FEWEST = 3  # calls: fewer may be chance
_MOST_NODES = 512  # of a graph; a larger one is not searched to its end


@dataclass(slots=True)
class _Cell:
    """What one cell was given so far, and what it left last."""

    left: tuple[ref[torch.Tensor], ...] = ()
    numbers: frozenset[int] = frozenset()  # of the operations that made what it left last
    goes_on: bool = False  # its last call was given what the call before had left
    times: int = 0  # calls that were given another cell's new state, which was their input too
    location: Location | None = None
    owns: bool = False  # it was given anything else, or a layer read what it had left


@dataclass(slots=True)
class Borrowers:
    """Looks at the states that cells are given inside of a loop, while gradients are recorded."""

    _cells: Records[_Cell] = field(default_factory=Records)

    def returned(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any
    ) -> None:
        """A recurrent layer has run."""
        if not torch.is_grad_enabled():
            return
        read = tuple(tensors_in((args, dict(kwargs))))
        for _, cell in self._cells.all():
            if cell.times and not cell.owns:
                cell.owns = _come_from(read, cell.numbers)
        if not isinstance(module, nn.RNNCellBase) or not read:
            return
        known = self._cells.get(module) or self._cells.add(module, _Cell())
        known.goes_on = handed_on(read[1:], known.left)
        if not known.owns:
            self._look(known, read[0], read[1:])
        left = tuple(tensors_in(result))
        known.left = tuple(ref(tensor) for tensor in left)
        made = (tensor.grad_fn for tensor in left)
        known.numbers = frozenset(_number(node) for node in made if node is not None)

    def _look(self, cell: _Cell, value: torch.Tensor, given: tuple[torch.Tensor, ...]) -> None:
        others = (c for _, c in self._cells.all() if c is not cell)
        lower = next((other for other in others if handed_on(given, other.left)), None)
        if lower is None or not _is_or_dropped(value, given[0]):
            cell.owns = True
        elif lower.goes_on:
            cell.times += 1
            cell.location = here(4)

    def found(self) -> Iterator[BorrowedState]:
        """Every cell that was only ever given another cell's state, and whose own nobody read."""
        for layer, cell in self._cells.all():
            if cell.times >= _FEWEST and not cell.owns:
                yield BorrowedState(layer.kind, cell.times, cell.location, layer.built_at)


def _is_or_dropped(value: torch.Tensor, state: torch.Tensor) -> bool:
    """True for the state itself, and for what one operation without weights made of it alone."""
    if value is state:
        return True
    if value.grad_fn is None or value.shape != state.shape:
        return False
    parents = [parent for parent, _ in value.grad_fn.next_functions if parent is not None]
    return parents == [state.grad_fn]


def _come_from(tensors: tuple[torch.Tensor, ...], numbers: frozenset[int]) -> bool:
    """True when one of the operations with these numbers made a tensor, or may have made it.

    Operations are numbered as they run: what was made before the first of them cannot hang on it.
    """
    oldest = min(numbers, default=0)
    waiting = [tensor.grad_fn for tensor in tensors if tensor.grad_fn is not None]
    seen = set(waiting)
    while waiting:
        node = waiting.pop()
        if _number(node) in numbers or len(seen) > _MOST_NODES:
            return True
        for parent, _ in node.next_functions:
            if parent is not None and parent not in seen and _number(parent) >= oldest:
                seen.add(parent)
                waiting.append(parent)
    return False


def _number(node: Any) -> int:
    """When an operation ran: each has its own number; leaves, which nothing made, come last."""
    return int(node._sequence_nr())
