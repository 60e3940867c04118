"""Does an earlier answer of a next-step predictor move when a later step of its input does?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from rnnscope.findings import Location
from rnnscope.probing.alignment import changed
from rnnscope.probing.calls import ModelCall
from rnnscope.probing.copying import map_tensors
from rnnscope.probing.leak import Run, ancestors, other_values, padding_values
from rnnscope.probing.replay import Replay, Step
from rnnscope.subjects.proofs import Foresight

_FEWEST = 4  # steps: with fewer, later and earlier ones are hardly told apart
_NEAR = 8  # a slice or a convolution without padding leaves an axis a few steps shorter


@dataclass(frozen=True, slots=True)
class Ahead:
    """The targets of a model are its own input, one step later along this axis of one tensor."""

    tensor: int
    axis: int
    location: Location | None


def find_foresight(call: ModelCall, run: Run, ahead: Ahead) -> Foresight | None:
    """Change the second half of the steps, and see whether the first half of the answers moves."""
    tensors = call.tensors
    if ahead.tensor >= len(tensors) or tensors[ahead.tensor].dim() <= ahead.axis:
        return None
    steps = tensors[ahead.tensor].shape[ahead.axis]
    if steps < _FEWEST:
        return None
    half = _Half(steps, steps // 2)
    before = run(call.args, dict(call.kwargs))
    after = run(*_with_later_steps_changed(call, ahead, half.start))
    if not before.same_path(after):
        return None
    moved = half.moved(before, after)
    if moved is None:
        return None
    number = half.first_early(before, after)
    place = before.steps[number].location if number is not None else call.location
    name = before.steps[number].name if number is not None else ""
    return Foresight(half.start, *moved, place, name, ahead.location)


def _with_later_steps_changed(call: ModelCall, ahead: Ahead, start: int) -> tuple[object, object]:
    kept = padding_values(call.model)
    numbers = iter(range(len(call.tensors)))

    def change(tensor: torch.Tensor) -> torch.Tensor:
        if next(numbers) != ahead.tensor:
            return tensor
        after = tensor.clone()
        later = after.narrow(ahead.axis, start, after.shape[ahead.axis] - start)
        later.copy_(other_values(later, tensor, kept))
        return after

    return map_tensors((call.args, dict(call.kwargs)), change)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class _Half:
    """The steps from ``start`` on, of so many."""

    steps: int
    start: int

    def moved(self, before: Replay, after: Replay) -> tuple[int, float] | None:
        """(step, by how much) of the answer that moved most though its input did not."""
        for base, other in zip(before.outputs, after.outputs, strict=True):
            if base.shape != other.shape or not base.is_floating_point():
                continue
            axis = next((a for a, n in enumerate(base.shape) if n == self.steps), None)
            if axis is None or self._is_late(base, other):
                continue
            gaps = (base - other).abs().movedim(axis, 0).flatten(1).amax(1)[: self.start]
            if float(gaps.max()) > 0:
                return int(gaps.argmax()), float(gaps.max())
        return None

    def first_early(self, before: Replay, after: Replay) -> int | None:
        """The first operation, on the way to the output, that carries later steps to earlier."""
        numbers = sorted(ancestors(before))
        return next((n for n in numbers if self._is_early(before.steps[n], after.steps[n])), None)

    def _is_early(self, one: Step, other: Step) -> bool:
        shown = 1 if one.recurrent else None  # a final state belongs to no step
        pairs = zip(one.results[:shown], other.results[:shown], strict=True)
        return not all(self._is_late(base, moved) for base, moved in pairs)

    def _is_late(self, base: torch.Tensor, other: torch.Tensor) -> bool:
        """Whether nothing changed, or only what belongs to the later steps."""
        if base.shape != other.shape:
            return True
        mask = changed(base, other)
        if not bool(mask.any()):
            return True
        return any(
            not bool(mask.movedim(axis, 0).reshape(count, self.steps, -1)[:, : self.start].any())
            for axis, count in self._counted(mask)
        ) or any(not bool(mask.select(axis, 0).any()) for axis in self._cut(mask))

    def _counted(self, mask: torch.Tensor) -> Iterator[tuple[int, int]]:
        """Axes that hold the steps, perhaps once for each of so many rows."""
        for axis, size in enumerate(mask.shape):
            if size and size % self.steps == 0:
                yield axis, size // self.steps

    def _cut(self, mask: torch.Tensor) -> Iterator[int]:
        """Axes on which most of the steps are left: which ones is not known."""
        for axis, size in enumerate(mask.shape):
            if size != self.steps and abs(size - self.steps) <= min(_NEAR, self.start // 2):
                yield axis
