"""The algebra of axes: an axis is a product of factors, and a factor has an identity.

Two axes that hold the same Variable run over the same things (the same samples, the same steps),
whatever their position; two fresh Variables are not known to be related. What a Variable means is
inferred: evidence is written down on it, with the line that gave it, and shared when two Variables
turn out to be one. A factor of size 1 carries nothing and is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from rnnscope.findings import Location


class Meaning:
    """What evidence can say of a Variable."""

    SAMPLES = "samples"  # independent by their origin: a shuffled loader, a list of sequences
    ROWS = "rows"  # a layer treats them as independent of each other
    TIME = "time"  # a recurrent layer steps along it
    FEATURE = "feature"  # made by a layer with parameters, or read by one as its last axis
    UNITS = "units"  # the hidden units of a recurrent layer
    LAYERS = "layers"
    DIRECTIONS = "directions"
    CHANNEL = "channel"  # the channel axis of a convolution or a normalisation
    LENGTH = "length"  # the axis along which a convolution slides
    SORTED = "sorted"  # indices that put something into order
    COPIES = "copies"  # made by repeating one and the same thing
    PADDED = "padded"  # shorter sequences are filled up along it
    PADDED_BEFORE = "padded before"  # they are filled up at the start, and all end together


@dataclass(frozen=True, slots=True)
class Padding:
    """The true lengths of sequences that were padded, and what they were filled up with."""

    lengths: tuple[int, ...]
    value: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that is known of a Variable: its meaning, who says so, where.

    ``certain`` evidence comes from where the data comes from: nothing later can overrule it.
    ``source`` is the recurrent call that says so, or the Padding, if it is one.
    """

    meaning: str
    because: str
    location: Location | None = None
    certain: bool = True
    source: Any = None


class Variable:
    """An identity: equal only to itself, until it is found to be the same as another.

    ``whole`` is the Variable of which this is a piece, when a regrouping cut one in two.
    """

    __slots__ = ("__weakref__", "_evidence", "_same", "pieces", "whole")

    def __init__(self, *evidence: Evidence, whole: Variable | None = None) -> None:
        self._same: Variable | None = None
        self._evidence: dict[str, Evidence] = {e.meaning: e for e in evidence}
        self.whole = whole
        self.pieces: dict[tuple[int, int], tuple[Variable, Variable]] = {}

    @property
    def root(self) -> Variable:
        """The representative of all Variables that are the same as this one."""
        node = self
        while node._same is not None:
            node = node._same
        return node

    def note(self, evidence: Evidence) -> None:
        """Write down evidence; the first of each meaning stays."""
        self.root._evidence.setdefault(evidence.meaning, evidence)

    def evidence(self, meaning: str) -> Evidence | None:
        """What is known under this meaning, of this Variable or of the one it is a piece of."""
        root = self.root
        found = root._evidence.get(meaning)
        if found is None and root.whole is not None:
            return root.whole.evidence(meaning)
        return found

    def means(self, *meanings: str) -> bool:
        """True when there is evidence for one of these meanings."""
        return any(self.evidence(meaning) is not None for meaning in meanings)

    @property
    def known(self) -> bool:
        """True when there is evidence of any kind."""
        root = self.root
        return bool(root._evidence) or (root.whole is not None and root.whole.known)

    def is_(self, other: Variable) -> bool:
        """True when both are known to be one."""
        return self.root is other.root

    def unify(self, other: Variable) -> None:
        """From now on both are one; evidence is shared."""
        mine, others = self.root, other.root
        if mine is others:
            return
        for evidence in others._evidence.values():
            mine._evidence.setdefault(evidence.meaning, evidence)
        if mine.whole is None:
            mine.whole = others.whole if others.whole is not mine else None
        others._same = mine


@dataclass(frozen=True, slots=True)
class Factor:
    """Part of an axis: how many, of what.

    ``order`` is the permutation in which the elements stand, None for the original one.
    ``window`` is True when only some of the elements are left (a slice, a mask).
    """

    size: int
    variable: Variable
    order: tuple[int, ...] | None = None
    window: bool = False

    def is_(self, other: Factor) -> bool:
        """True when both run over the same things."""
        return self.variable.is_(other.variable)

    def means(self, *meanings: str) -> bool:
        """True when there is evidence for one of these meanings."""
        return self.variable.means(*meanings)


Axis = tuple[Factor, ...]
Axes = tuple[Axis, ...]


def size_of(axis: Axis) -> int:
    """The length of an axis."""
    return prod(factor.size for factor in axis)


def shape_of(axes: Axes) -> tuple[int, ...]:
    """The shape that axes stand for."""
    return tuple(size_of(axis) for axis in axes)


def fresh(size: int, *evidence: Evidence) -> Axis:
    """An axis of which nothing is known but its length and, perhaps, evidence."""
    return () if size == 1 else (Factor(size, Variable(*evidence)),)


def fresh_axes(shape: Iterable[int]) -> Axes:
    """Axes of which nothing is known but their lengths."""
    return tuple(fresh(size) for size in shape)


def resized(axis: Axis, size: int) -> Axis:
    """An axis of which a slice of this length is left: the same Variable where it is one."""
    if size_of(axis) == size:
        return axis
    if size == 1:
        return ()
    if len(axis) == 1:
        return (replace(axis[0], size=size, window=True, order=None),)
    return fresh(size)


def same_axis(one: Axis, other: Axis) -> bool:
    """True when both are made of the same factors in the same order."""
    return len(one) == len(other) and all(
        a.size == b.size and a.is_(b) for a, b in zip(one, other, strict=True)
    )


def unify_axes(one: Axis, other: Axis) -> None:
    """Two axes that meet element by element run over the same things, where sizes tell so."""
    if [f.size for f in one] != [f.size for f in other]:
        return
    for a, b in zip(one, other, strict=True):
        if not a.variable.known or not b.variable.known:
            a.variable.unify(b.variable)


def holds(axes: Axes, variable: Variable) -> bool:
    """True when one of the axes contains this Variable, or a piece of it."""
    return any(
        f.variable.is_(variable)
        or (f.variable.root.whole is not None and f.variable.root.whole.is_(variable))
        for axis in axes
        for f in axis
    )


def turned(left: Factor, right: Factor) -> bool:
    """One is the other from the end: two directions over steps, unless they are known as rows."""
    one, other = (f.order or tuple(range(f.size)) for f in (left, right))
    return one == other[::-1] and not left.means(Meaning.SAMPLES, Meaning.ROWS)
