"""Views and reshapes by their sizes: is what they give as large as if axes had changed places?

A regrouping keeps the order of memory. It joins neighbouring axes and splits them again; where the
new sizes are those of the old axes in another order, and neither joining nor splitting alone gives
them, somebody meant to move the axes, and their elements stayed where they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

import torch

from rnnscope.recording.tape import Call, Tape

LARGEST = 1 << 20  # elements of one block whose places are counted
_MOST_AXES = 6  # of one block: more are taken for no transposition
_TRIED = 8  # slices that are compared with the first one, and the last


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring axes of ``before`` that became neighbouring axes of ``after``; sizes alone.

    ``axes`` are their numbers before.
    """

    axes: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]

    @property
    def swaps(self) -> bool:
        """True when each new size is that of some old axes, in an order that memory has not."""
        if min(len(self.before), len(self.after)) < 2 or len(self.before) > _MOST_AXES:
            return False
        places = range(len(self.after))
        return any(
            all(
                prod(size for size, place in zip(self.before, chosen, strict=True) if place == new)
                == self.after[new]
                for new in places
            )
            for chosen in product(places, repeat=len(self.before))
        )

    def torn(self) -> tuple[int, int, int] | None:
        """An axis and two slices of it that share indices along every new axis.

        Before they were apart along their own.
        """
        if prod(self.before) > LARGEST:
            return None
        where = torch.arange(prod(self.before)).view(self.before)
        for axis, size in enumerate(self.before):
            first = self.places(where.select(axis, 0))
            for other in {*range(1, min(size, _TRIED)), size - 1}:
                second = self.places(where.select(axis, other))
                if all(one & two for one, two in zip(first, second, strict=True)):
                    return self.axes[axis], 0, other
        return None

    def places(self, elements: torch.Tensor) -> tuple[frozenset[int], ...]:
        """The indices along each new axis that these elements have."""
        found = torch.unravel_index(elements.flatten(), self.after)
        return tuple(frozenset(index.tolist()) for index in found)


def blocks(before: Sequence[int], after: Sequence[int]) -> Iterator[Block]:
    """The smallest groups of axes between which a regrouping moves nothing; axes of 1 are none."""
    axes = [axis for axis, size in enumerate(before) if size != 1]
    old, new = [before[axis] for axis in axes], [size for size in after if size != 1]
    i = j = 0
    while i < len(old) and j < len(new):
        first, start = i, j
        i, j = i + 1, j + 1
        while prod(old[first:i]) != prod(new[start:j]):
            if prod(old[first:i]) < prod(new[start:j]):
                i += 1
            else:
                j += 1
        yield Block(tuple(axes[first:i]), tuple(old[first:i]), tuple(new[start:j]))


def regroups(tape: Tape, call: Call) -> bool:
    """True for a call that gives the same elements in the same order, in another shape."""
    if len(call.inputs) != 1 or len(call.results) != 1:
        return False
    before, after = tape.values[call.inputs[0]], tape.values[call.results[0]]
    if before is None or after is None or before.shape == after.shape:
        return False
    if before.numel() != after.numel() or before.dtype != after.dtype or before.is_sparse:
        return False
    return torch.equal(before.detach().flatten(), after.detach().flatten())
