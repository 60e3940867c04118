"""View, reshape, flatten: the factors of old axes dealt out to new axes, in memory order.

Where old and new boundaries have a common refinement, factors move whole or are cut cleanly.
Where they have none, the elements of several axes are mixed in the new ones: a scramble.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rnnscope.tracing.factors import Axes, Axis, Factor, Variable, fresh, shape_of


@dataclass(frozen=True, slots=True)
class Cut:
    """A factor cut in two; ``before`` are the factors that share the outer part's axis."""

    factor: Factor
    before: Axis


@dataclass(frozen=True, slots=True)
class Regrouped:
    """The new axes, the cuts that were needed, and the blocks of old factors that got scrambled."""

    axes: Axes
    cuts: tuple[Cut, ...] = ()
    scrambled: tuple[Axis, ...] = ()


@dataclass
class _Dealer:
    """Deals the factors of the old axes out, front to back."""

    stack: list[Factor]
    cuts: list[Cut] = field(default_factory=list)
    scrambled: list[Axis] = field(default_factory=list)

    def axis(self, size: int) -> Axis | None:
        """The factors of the next new axis, or None where boundaries do not meet."""
        taken: list[Factor] = []
        while size > 1:
            factor = self.stack[0]
            if size % factor.size == 0:
                taken.append(self.stack.pop(0))
                size //= factor.size
            elif factor.size % size == 0:
                outer, inner = cut(factor, size)
                self.cuts.append(Cut(factor, tuple(taken)))
                taken.append(outer)
                self.stack[0] = inner
                size = 1
            else:
                return None
        return tuple(taken)


def cut(factor: Factor, outer: int) -> tuple[Factor, Factor]:
    """Cut off an outer part of this size; the same cut always gives the same parts."""
    inner = factor.size // outer
    root = factor.variable.root
    if factor.window or factor.order is not None:
        pair = Variable(whole=root), Variable(whole=root)
    else:
        pair = root.pieces.get((outer, inner)) or (Variable(whole=root), Variable(whole=root))
        root.pieces[outer, inner] = pair
    return Factor(outer, pair[0]), Factor(inner, pair[1])


def joined(factors: Sequence[Factor]) -> list[Factor]:
    """The same factors, with parts that stand next to each other as they were cut made whole."""
    done: list[Factor] = []
    for factor in factors:
        done.append(factor)
        while len(done) > 1:
            whole = _whole(done[-2], done[-1])
            if whole is None:
                break
            done[-2:] = [whole]
    return done


def _whole(outer: Factor, inner: Factor) -> Factor | None:
    whole = outer.variable.root.whole
    if whole is None or inner.variable.root.whole is not whole:
        return None
    pair = whole.pieces.get((outer.size, inner.size))
    if pair is None or not (pair[0].is_(outer.variable) and pair[1].is_(inner.variable)):
        return None
    return Factor(outer.size * inner.size, whole)


def regroup(axes: Axes, shape: Sequence[int]) -> Regrouped:
    """Read a contiguous tensor of these axes with another shape of as many elements."""
    if 0 in shape:
        return Regrouped(tuple(fresh(size) for size in shape))
    if tuple(shape) == shape_of(axes):
        return Regrouped(axes)
    dealer = _Dealer(joined([factor for axis in axes for factor in axis]))
    new: list[Axis] = []
    sizes = list(shape)
    while sizes:
        saved = list(dealer.stack), list(dealer.cuts)
        axis = dealer.axis(sizes[0])
        if axis is None:
            dealer.stack, dealer.cuts = saved
            count = _scramble(dealer, sizes)
            new += [fresh(size) for size in sizes[:count]]
            del sizes[:count]
        else:
            new.append(axis)
            del sizes[0]
    return Regrouped(tuple(new), tuple(dealer.cuts), tuple(dealer.scrambled))


def _scramble(dealer: _Dealer, sizes: list[int]) -> int:
    """Give up the shortest run of old factors and new axes that have the same product."""
    block = [dealer.stack.pop(0)]
    old, new, count = block[0].size, sizes[0], 1
    while old != new:
        if old < new:
            block.append(dealer.stack.pop(0))
            old *= block[-1].size
        else:
            new *= sizes[count]
            count += 1
    dealer.scrambled.append(tuple(block))
    return count
