"""When a regrouping of axes is a mistake: rows torn apart, or two axes exchanged without moving."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from rnnscope.findings import Location
from rnnscope.tracing.events import Tangled
from rnnscope.tracing.factors import Axes, Axis, Evidence, Factor, Meaning, shape_of, size_of
from rnnscope.tracing.operations import Regrouping
from rnnscope.tracing.reshape_algebra import Cut

_MOST_AXES = 5  # of a tensor whose axes are tried in every order
_FEWEST_AXES = 3  # fewer tell too little: the last one is features, which stay features
_ROWS = (Meaning.SAMPLES, Meaning.ROWS)


def tangles(note: Regrouping, location: Location | None) -> Iterator[Tangled]:
    """At most one event: the most telling description of what went wrong."""
    kind = _kind(note)
    if kind is not None:
        before = note.before
        yield Tangled(
            kind,
            location,
            shape_of(before),
            note.shape,
            tuple(name_of(axis) for axis in before),
            tuple(_evidence(before)),
        )


def _kind(note: Regrouping) -> str | None:
    result = note.result
    if not result.cuts and not result.scrambled:
        return None
    if _swapped(note.before, note.shape):
        return "swapped"
    for block in result.scrambled:
        if _directions(block):
            return "directions"
        if _steps_only(block):
            continue
        if any(_is_rows(f) for f in block) and not all(_is_rows(f) for f in block):
            return "rows"
    if any(_directions_last(c, note) for c in result.cuts):
        return "directions last"
    if any(_directions_cut(c, note) for c in result.cuts):
        return "directions"
    if any(_torn(c, note) for c in result.cuts):
        return "rows"
    if any(_classes(c, note) for c in result.cuts):
        return "classes"
    return None


def _is_rows(factor: Factor) -> bool:
    return factor.size > 1 and factor.means(*_ROWS)


def _swapped(before: Axes, shape: tuple[int, ...]) -> bool:
    """(N, L, F) read as (L, N, F): the sizes changed places, the elements did not."""
    old = [axis for axis in before if size_of(axis) > 1]
    new = [size for size in shape if size > 1]
    sizes = [size_of(axis) for axis in old]
    if len(sizes) != len(new) or sizes == new or sorted(sizes) != sorted(new):
        return False
    moved = [axis for axis, size in zip(old, new, strict=True) if size_of(axis) != size]
    if all(_steps_only(axis) for axis in moved):
        return False  # steps cut anew: pairs of half-overlapping chunks have such sizes by chance
    return all(any(f.variable.known for f in axis) for axis in moved)


def _steps_only(axis: Axis) -> bool:
    return all(f.means(Meaning.TIME) and not f.means(Meaning.SAMPLES) for f in axis)


def exchanges(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """True when a shape is made of the old axes, but only in another order than they lie.

    >>> exchanges((12, 8, 5), (8, 12, 5)), exchanges((6, 24, 10, 3), (60, 24, 3))
    (True, True)
    >>> exchanges((12, 8, 5), (96, 5)), exchanges((12, 8, 5), (12, 4, 2, 5))
    (False, False)
    """
    old, new = [n for n in before if n > 1], [n for n in after if n > 1]
    if len(set(old)) != len(old) or not 1 < len(new) <= len(old) <= _MOST_AXES:
        return False
    if old[-1] != new[-1] or len(old) < _FEWEST_AXES:
        return False  # features stay features; fewer axes tell too little
    return not _dealt(old, new) and any(_dealt(list(p), new) for p in permutations(old))


def _dealt(old: list[int], new: list[int]) -> bool:
    """True when the new sizes are products of neighbouring old ones."""
    rest = list(old)
    for size in new:
        product = 1
        while product < size and rest:
            product *= rest.pop(0)
        if product != size:
            return False
    return not rest


def _directions(block: Axis) -> bool:
    return all(f.means(Meaning.LAYERS, Meaning.DIRECTIONS) for f in block) and len(block) > 1


def _directions_cut(cut: Cut, note: Regrouping) -> bool:
    """Layers were cut, and a part of them shares an axis with the directions."""
    if not cut.factor.means(Meaning.LAYERS):
        return False
    return any(
        any(f.means(Meaning.DIRECTIONS) for f in axis)
        and any(f.variable.root.whole is cut.factor.variable.root for f in axis)
        for axis in note.result.axes
    )


def _directions_last(cut: Cut, note: Regrouping) -> bool:
    """(..., D*H) read as (..., H, D): pairs of neighbouring units are taken for the directions."""
    if not cut.factor.means(Meaning.UNITS) or len(note.shape) < 2:
        return False
    before = [f for f in cut.before if f.size > 1]
    both = len(before) == 1 and before[0].means(Meaning.DIRECTIONS)
    return both and note.shape[-2:] == (cut.factor.size, before[0].size)


def _torn(cut: Cut, note: Regrouping) -> bool:
    """Rows were cut, and their parts share axes with something that is no row."""
    if not _is_rows(cut.factor):
        return False
    strangers = [f for f in cut.before if f.size > 1 and not _is_rows(f)]
    if strangers:
        return True
    return not _steps_only((cut.factor,)) and _pretended(cut, note)


def _pretended(cut: Cut, note: Regrouping) -> bool:
    """An axis as long as the rows were, that is made of a part of them and of something else."""
    for axis, size in zip(note.result.axes, note.shape, strict=True):
        pieces = [f for f in axis if f.variable.root.whole is cut.factor.variable.root]
        if size == cut.factor.size and pieces and len(axis) > 1:
            return True
    return False


def _classes(cut: Cut, note: Regrouping) -> bool:
    """(N, C, L) read as (N*L, C): the last axis is as long as the classes, but made of steps."""
    if _is_rows(cut.factor) or not note.result.axes or not cut.factor.variable.known:
        return False
    last = note.result.axes[-1]
    made_of_steps = len(last) == 1 and last[0].variable.root.whole is cut.factor.variable.root
    channels = [f for f in cut.before if f.means(Meaning.CHANNEL, Meaning.FEATURE)]
    return (
        made_of_steps
        and not cut.factor.means(Meaning.FEATURE, Meaning.UNITS)
        and any(f.size == size_of(last) for f in channels)
    )


def name_of(axis: Axis) -> str:
    """An axis in a person's words, as ``batch`` or ``layers*directions``."""
    names = [_name(factor) for factor in axis if factor.size > 1]
    return "*".join(names) if names else "1"


def _name(factor: Factor) -> str:
    for meaning, name in _NAMES:
        if factor.means(meaning):
            return name
    return str(factor.size)


_NAMES = (
    (Meaning.LAYERS, "layers"),
    (Meaning.DIRECTIONS, "directions"),
    (Meaning.UNITS, "hidden"),
    (Meaning.SAMPLES, "batch"),
    (Meaning.TIME, "time"),
    (Meaning.ROWS, "batch"),
    (Meaning.CHANNEL, "channels"),
    (Meaning.FEATURE, "features"),
    (Meaning.LENGTH, "length"),
)


def _evidence(axes: Axes) -> Iterator[Evidence]:
    for axis in axes:
        for factor in axis:
            for meaning, _ in _NAMES:
                found = factor.variable.evidence(meaning)
                if found is not None and found.location is not None:
                    yield found
                    break
