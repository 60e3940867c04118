"""What a loop over steps does with the states of a recurrent layer, from call to call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from weakref import ref

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from rnnscope.findings import Location
from rnnscope.probing.records import Records
from rnnscope.probing.states import handed_on, same_tensor
from rnnscope.recording.nest import tensors_in
from rnnscope.recording.user_code import here
from rnnscope.subjects.experiment_results import StuckState

_FEWEST = 3  # calls in a row: fewer may be chance
_FEWEST_ZEROED = 2  # a decoder may take the h alone of the layer's call before, once
_MANY = 5  # different lengths of sequences: pieces of one series would be alike
_LARGEST = 1 << 16  # elements compared by value
_DEEPEST = 64  # operations between a result and the next input


@dataclass(slots=True)
class _Loop:
    """The last call of one layer, and for how many calls each sign has been there."""

    given: tuple[ref[torch.Tensor], ...] = ()
    left: tuple[ref[torch.Tensor], ...] = ()
    values: tuple[torch.Tensor, ...] = ()  # what was left, without its graph
    output: ref[torch.Tensor] | None = None
    kept: int = 0  # calls in a row that were given the very same c, and an h that went on
    zeroed: int = 0  # calls in a row that were given their own h again, and a c of zeros
    stuck: int = 0  # calls in a row that were given the very same state
    fresh: int = 0  # calls in training that started from nothing
    carried: int = 0  # calls in training that were given a state
    lengths: set[int] = field(default_factory=set)  # of sequences chained in evaluation
    masked: int = 0  # calls that were given one state with rows set to zero, the other without
    found: list[StuckState] = field(default_factory=list)


class Loops:
    """Looks at the states that each layer is given, step after step."""

    def __init__(self) -> None:
        self._loops: Records[_Loop] = Records()

    def returned(
        self,
        module: nn.Module,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        result: Any,
        called_at: Location | None,
    ) -> None:
        """A recurrent layer has run, inside of a model that was called at this line."""
        value = args[0] if args else kwargs.get("input")
        if isinstance(value, PackedSequence) or not isinstance(value, torch.Tensor):
            return
        loop = self._loops.get(module) or self._loops.add(module, _Loop())
        if len(loop.found) >= _FEWEST:
            return
        given = tuple(tensors_in(kwargs.get("hx", args[1] if len(args) > 1 else None)))
        single = not isinstance(module, nn.RNNBase)
        left = tuple(tensors_in(result if single else result[1]))
        if isinstance(module, nn.RNNBase):
            self._chained(loop, module, value, given, called_at)
        if given and loop.given and len(given) == len(loop.given) == len(loop.left):
            self._look(loop, type(module).__name__, value, given)
        elif not given:
            loop.kept = loop.stuck = loop.zeroed = 0
        loop.given = tuple(ref(tensor) for tensor in given)
        loop.left = tuple(ref(tensor) for tensor in left)
        loop.values = tuple(tensor.detach() for tensor in left)
        loop.output = ref(left[0] if single else result[0])

    def _chained(
        self,
        loop: _Loop,
        module: nn.RNNBase,
        value: torch.Tensor,
        given: tuple[torch.Tensor, ...],
        called_at: Location | None,
    ) -> None:
        """Trained on sequences from nothing, evaluated on sequences one after the other."""
        if module.training:
            loop.carried += bool(given)
            loop.fresh += not given
            return
        goes_on = handed_on(given, loop.left)
        time = 1 if module.batch_first and value.dim() == 3 else 0
        if not goes_on or loop.carried or not loop.fresh or value.shape[time] < 2:
            return
        loop.lengths.add(value.shape[time])
        if len(loop.lengths) == _MANY:
            loop.found.append(StuckState(type(module).__name__, "chain", _MANY, called_at))

    def _look(
        self, loop: _Loop, kind: str, value: torch.Tensor, given: tuple[torch.Tensor, ...]
    ) -> None:
        same = [now is before() for now, before in zip(given, loop.given, strict=True)]
        left = [now is before() for now, before in zip(given, loop.left, strict=True)]
        loop.kept = loop.kept + 1 if same == [False, True] and left[0] else 0
        zeroed = not loop.kept and not left[-1] and _cell_zeroed(given, loop.values)
        loop.zeroed = loop.zeroed + 1 if zeroed else 0
        if loop.zeroed == _FEWEST_ZEROED:
            loop.found.append(StuckState(kind, "zeroed", loop.zeroed, here(4)))
        output = loop.output() if loop.output is not None else None
        again = all(same) and output is not None and _made_of(value, output)
        loop.stuck = loop.stuck + 1 if again else 0
        loop.masked += sum(left) == 1 == len(left) - 1 and _half_masked(given, left, loop.values)
        for sign, count in (("cell", loop.kept), ("state", loop.stuck)):
            if count == _FEWEST:
                loop.found.append(StuckState(kind, sign, count + 1, here(4)))
        if loop.masked and all(found.sign != "mask" for found in loop.found):
            loop.found.append(StuckState(kind, "mask", loop.masked, here(4)))

    def stuck(self) -> Iterator[StuckState]:
        """Every state that should have gone on, and did not, once for each line."""
        seen = set()
        for _, loop in self._loops.all():
            for found in loop.found:
                found = replace(found, times=loop.masked if found.sign == "mask" else found.times)
                if found not in seen:
                    seen.add(found)
                    yield found


def _made_of(value: torch.Tensor, result: torch.Tensor) -> bool:
    """True when a gradient would flow from this input straight back into that result."""
    target = result.grad_fn
    if target is None or value.grad_fn is None:
        return False
    seen: set[Any] = set()
    waiting: list[Any] = [value.grad_fn]
    while waiting and len(seen) < _DEEPEST:
        node = waiting.pop(0)
        if node is target:
            return True
        if node not in seen:
            seen.add(node)
            waiting += [parent for parent, _ in node.next_functions if parent is not None]
    return False


def _cell_zeroed(given: tuple[torch.Tensor, ...], left: tuple[torch.Tensor, ...]) -> bool:
    """h is the one that was left, detached perhaps or copied; c is made of zeros instead."""
    if len(given) != 2 or given[0].is_meta or given[1].requires_grad:
        return False
    if given[0].is_cuda and torch.cuda.is_current_stream_capturing():
        return False  # a value that is looked at would end the capture
    goes_on = same_tensor(given[0], left[0]) and bool(left[0].any())
    return goes_on and bool(left[1].any()) and not bool(given[1].any())


def _half_masked(
    given: tuple[torch.Tensor, ...], same: list[bool], left: tuple[torch.Tensor, ...]
) -> bool:
    """One of h and c is as it was left but for rows that are zero now; the other just as it was."""
    other = same.index(False)
    now, before = given[other].detach(), left[other]
    return now.shape == before.shape and now.numel() <= _LARGEST and _rows_cleared(now, before)


def _rows_cleared(now: torch.Tensor, before: torch.Tensor) -> bool:
    rows = now.reshape(-1, now.shape[-1])
    were = before.reshape(-1, before.shape[-1])
    zero, nonzero = (rows == 0).all(1), (were != 0).any(1)
    cleared = zero & nonzero
    return bool(cleared.any()) and bool((~zero).any()) and torch.equal(rows[~zero], were[~zero])
