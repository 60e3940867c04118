"""What only a run of the module itself can tell: other sizes, halves, modes, gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from rnnscope.dependence import values
from rnnscope.dependence.passes import Named, Pass, Passes
from rnnscope.recording.nest import map_tensors, tensors_in


@dataclass(frozen=True, slots=True, eq=False)
class Longer:
    """A pass with one axis of an input longer or shorter; None where the module refuses it."""

    by: int
    done: Pass | None
    tied: bool = False  # axes of the same size elsewhere were changed with it

    def following(self, base: Named) -> dict[str, int]:
        """For each result the axis that has changed with it."""
        if self.done is None:
            return {}
        pairs = [(n, base[n].shape, t.shape) for n, t in self.done.named.items() if n in base]
        return {
            name: axis
            for name, old, new in pairs
            if len(old) == len(new)
            for axis in [next((a for a in range(len(old)) if old[a] != new[a]), None)]
            if axis is not None
        }

    def kept(self, base: Named, front: bool = False) -> tuple[str, ...]:
        """The results whose old steps are as they were."""
        follows, found = self.following(base), []
        for name, now in self.done.named.items() if self.done and self.by > 0 else ():
            before = base.get(name)
            if before is not None and name in follows:
                axis = follows[name]
                start = now.shape[axis] - before.shape[axis] if front else 0
                now = now.narrow(axis, max(start, 0), min(before.shape[axis], now.shape[axis]))
            if before is not None and values.alike(before, now):
                found.append(name)
        return tuple(found)


def resized(
    passes: Passes, inputs: Any, number: int, axis: int, by: int, *,
    tied: bool = False, front: bool = False, fill: bool = False,
) -> Longer:  # fmt: skip
    """Run with an axis longer by zeros, or shorter; ``tied`` axes of its size go with it."""
    tensors = list(tensors_in(inputs))
    for place, a in [(number, axis), *(ties(tensors, number, axis) if tied else ())]:
        value = tensors[place]
        tensors[place] = (
            values.extended(value, a, by, front, fill)
            if by > 0
            else value.narrow(a, 0, value.shape[a] + by)
        )
    replaced = iter(tensors)
    return Longer(by, passes.tried(map_tensors(inputs, lambda _: next(replaced))), tied)


def ties(tensors: Sequence[Tensor], number: int, axis: int) -> list[tuple[int, int]]:
    """The axes of the other inputs that are as long as this one."""
    size = tensors[number].shape[axis]
    others = [(n, tensor) for n, tensor in enumerate(tensors) if n != number]
    return [(n, a) for n, tensor in others for a in range(tensor.dim()) if tensor.shape[a] == size]


@dataclass(frozen=True, slots=True)
class Halves:
    """Two halves, the second with what the first returned."""

    states: tuple[str, ...]
    continues: bool | None = None
    apart: float | None = None


def halves(
    passes: Passes, inputs: Any, base: Pass, axis: int, result_axis: int, cut: int
) -> Halves | None:
    """Cut the first input in two, hand on what came back, and compare with the whole."""
    x, rest = inputs[0], inputs[1:]
    handed_on = _handed_on(base.result, rest) if passes.takes_state else None
    on_self = any("tensors" in change for change in base.kept)
    if not cut or passes.left < 2 or (handed_on is None and (rest or not on_self)):
        return None
    module = passes.fresh()
    first = passes.tried((x.narrow(axis, 0, cut), *rest), module=module)
    if first is None:
        return None
    then = x.narrow(axis, cut, x.shape[axis] - cut)
    names = tuple(list(base.named)[1:]) if handed_on is not None else ()
    state = _handed_on(first.result, rest) if handed_on is not None else ()
    second = passes.tried((then, *(state or ())), module=module)
    if second is None and state and len(state) == 1 and isinstance(state[0], tuple):
        second = passes.tried((then, *state[0]), module=module)
    if second is None:
        return None
    output = next(iter(base.named))
    parts = [first.named[output], second.named[output]]
    whole = base.named[output]
    joined = _joined(parts, result_axis, whole)
    if joined is None:
        return Halves(names, False)
    same = values.alike(whole, joined)
    return Halves(names, same, None if same else values.gap(whole, joined))


def _joined(parts: list[Tensor], axis: int, whole: Tensor) -> Tensor | None:
    """The halves behind each other; None where they are not as long as the whole."""
    try:
        joined = torch.cat(parts, axis)
    except RuntimeError:
        return None
    return joined if joined.shape == whole.shape else None


def given_back(passes: Passes, inputs: Any, base: Pass) -> Halves | None:
    """Of what computes one step: hand its result back, and see whether it is taken."""
    if len(inputs) != 1 or not passes.takes_state:
        return None
    second = passes.tried((inputs[0], base.result))
    if second is None or list(second.named) != list(base.named):
        return None
    pairs = zip(base.named.values(), second.named.values(), strict=True)
    taken = any(not values.alike(a, b) for a, b in pairs)
    return Halves(tuple(base.named)) if taken else None


def _handed_on(result: Any, rest: Any) -> tuple[Any, ...] | None:
    """What goes in behind the first argument: all that came back behind the first result."""
    if not isinstance(result, (tuple, list)) or len(result) < 2:
        return None
    tail = result[1] if len(result) == 2 else tuple(result[1:])
    if not any(True for _ in tensors_in(tail)):
        return None
    if not rest:
        return (tail,)
    back, given = list(tensors_in(tail)), list(tensors_in(rest))
    if [t.shape for t in back] != [t.shape for t in given]:
        return None
    tensors = iter(back)
    found: tuple[Any, ...] = map_tensors(rest, lambda _: next(tensors))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Again:
    """A second pass on the same inputs: what it returned, and the gradient of the last step."""

    done: Pass | None
    gradient: Tensor | None = None


def again(passes: Passes, inputs: Any, result_axis: int | None) -> Again:
    """Run once more from another seed, with gradients, which the last step is asked for."""
    leaves = map_tensors(inputs, lambda t: _leaf(t.detach().clone()))
    with torch.enable_grad():
        try:
            done = passes(leaves, seed=1, grad=True)
        except Exception:
            return Again(None)
        x, output = next(tensors_in(leaves)), next(iter(done.named.values()))
        if not x.requires_grad or result_axis is None:
            return Again(done)
        last = output.select(result_axis, -1)
        weights = torch.linspace(0.5, 1.5, last.numel(), device=last.device).reshape(last.shape)
        try:
            (found,) = torch.autograd.grad((last * weights).sum(), x, allow_unused=True)
        except (RuntimeError, TypeError):
            return Again(done, torch.zeros_like(x))
    return Again(done, torch.zeros_like(x) if found is None else found)


def _leaf(tensor: Tensor) -> Tensor:
    return tensor.requires_grad_() if tensor.is_floating_point() else tensor


def fields(inputs: Sequence[Any]) -> list[Tensor]:
    """The tensors of the inputs, in order."""
    return list(tensors_in(list(inputs)))
