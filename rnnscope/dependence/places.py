"""One axis of one input: what moves with it, which result axes go with it, and so what it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from rnnscope.dependence.facts import Axis
from rnnscope.dependence.patterns import Pattern, is_structured, pattern
from rnnscope.dependence.trials import Longer

Matrices = dict[tuple[str, int], Tensor]  # by result and axis: [input step, result step]


@dataclass(slots=True, eq=False)
class Place:
    """An axis of an input. ``partners`` are the result axes that go with it, by result.

    ``alone`` is True where each step has results of its own, wherever it stands; ``sizes`` are the
    passes with another size.
    """

    number: int
    axis: int
    size: int
    indices: tuple[int, ...]
    matrices: Matrices
    held: bool = False
    alone: bool = False
    sizes: list[Longer] = field(default_factory=list)
    partners: dict[str, tuple[int, Pattern]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = dict.fromkeys(name for name, _ in self.matrices)
        for name in names if self.size > 1 else ():
            found = [
                # The more different what the steps move, the more the two axes belong together.
                (
                    -len(set(map(tuple, matrix.tolist()))),
                    axis,
                    pattern(matrix, self.indices, self.size),
                )
                for (result, axis), matrix in self.matrices.items()
                if result == name and is_structured(matrix)
            ]
            if found:
                _, axis, shape = min(found, key=lambda one: (not one[2].diagonal, *one[:2]))
                self.partners[name] = (axis, shape)

    @property
    def dead(self) -> bool:
        """True when nothing was seen to move."""
        return not any(bool(matrix.any()) for matrix in self.matrices.values())

    @property
    def main(self) -> tuple[str, int, Pattern] | None:
        """The result axis that says most: one where steps reach each other, else the first."""
        every = [(name, axis, shape) for name, (axis, shape) in self.partners.items()]
        return next((one for one in every if not one[2].diagonal), every[0] if every else None)

    @property
    def free(self) -> bool:
        """True when the module takes another size."""
        return any(longer.done is not None for longer in self.sizes)

    def following(self, results: dict[str, Tensor]) -> dict[str, int]:
        """The result axes whose size changes with this one."""
        found: dict[str, int] = {}
        for longer in self.sizes:
            found = found or longer.following(results)
        return found

    def reached(self, results: dict[str, Tensor]) -> dict[str, int]:
        """The axis of each result that goes with this one, by what moves or else by its size."""
        return self.following(results) | {name: axis for name, (axis, _) in self.partners.items()}

    def described(self, results: dict[str, Tensor], draws: int) -> Axis:
        """What this axis is, as far as it can be told without the others."""
        if self.size < 2:
            return Axis("unknown", self.size, note="one step tells nothing: give 2 or more")
        if self.held:
            return Axis("unknown", self.size, note="Python reads its values, as with tolist()")
        if self.dead:
            return Axis("unknown", self.size, note=f"nothing moves with it, in {draws} draws")
        if self.main is not None:
            return self._of_pattern(self.main[2])
        if not self.free:
            return Axis("features", self.size)
        how = "both" if self.following(results) else "pooled"
        return Axis("time", self.size, how, note=self._unread())

    def _of_pattern(self, shape: Pattern) -> Axis:
        if shape.diagonal and self.alone:
            return Axis("batch", self.size)
        if shape.diagonal and not self.free:
            return Axis("features", self.size, "apart")
        if not self.free and (self.number or not shape.one_way):
            return Axis("features", self.size)
        return Axis(
            "time", self.size, shape.how, shape.back, shape.ahead, shape.window, shape.stride,
            self._unread(),
        )  # fmt: skip

    def _unread(self) -> str:
        """The steps that move nothing."""
        every = torch.stack([matrix.any(1) for matrix in self.matrices.values()]).any(0)
        dead = [self.indices[n] for n in (~every).nonzero().flatten().tolist()]
        if not dead:
            return ""
        shown = ", ".join(map(str, dead[:4])) + (f" and {len(dead) - 4} more" if dead[4:] else "")
        return f"nothing moves with step {shown}"


def matrices_of(
    names: Iterable[str], columns: Sequence[Sequence[Tensor | None]]
) -> Matrices:  # by column, then by result
    """What moved along each axis of each result, whatever the other axes."""
    found: Matrices = {}
    for place, name in enumerate(names):
        masks = [column[place] for column in columns]
        known = [mask for mask in masks if mask is not None]
        if len(known) < len(masks) or not known:
            continue
        for axis in range(max(known[0].dim(), 1)):  # a single number is one step of itself
            rows = [(mask if mask.dim() else mask[None]).movedim(axis, 0) for mask in known]
            found[name, axis] = torch.stack([row.reshape(len(row), -1).any(1) for row in rows])
    return found
