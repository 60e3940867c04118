"""Label: what is known of one tensor; and the recurrent calls that it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from rnnscope.config import RNNConfig
from rnnscope.findings import Location
from rnnscope.tracing.factors import Axes, Axis, Variable, holds


@dataclass(eq=False, slots=True)
class CallRecord:
    """One call of a recurrent layer: its options, its axes, and what of its results is used.

    ``batch`` and ``time`` are the axes as the layer read them; ``lengths`` the true lengths where
    they are known. ``read`` collects every Part that reached a layer with parameters, a loss, or
    another recurrent layer, with what it reached.
    """

    config: RNNConfig
    location: Location | None
    built_at: Location | None
    batch: Axis
    time: Axis
    training: bool = True
    packed: bool = False
    lengths: tuple[int, ...] | None = None
    moved: Location | None = None
    batched: bool = True
    layer: int = 0  # the id of the module
    shape: tuple[int, ...] = ()
    layers: Variable = field(default_factory=Variable)
    directions: Variable = field(default_factory=Variable)
    units: Variable = field(default_factory=Variable)
    read: dict[Part, set[str]] = field(default_factory=dict)
    state: frozenset[Part] = frozenset()
    disputed: bool = False  # its axes were found to be taken for each other


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a result of a recurrent call a tensor is made of; None where it is all.

    ``step``, ``sample`` and ``slot`` are indices as written (negative ones counted from
    the end); ``direction`` is 0 forward, 1 backward. ``location`` is where it was picked.
    """

    record: CallRecord
    result: str  # "output", "h_n" or "c_n"
    step: int | None = None
    direction: int | None = None
    slot: int | None = None
    sample: int | None = None
    location: Location | None = None

    def at(self, location: Location | None, **picked: int) -> Part:
        """The same, of which something was picked at this line."""
        return replace(self, location=location or self.location, **picked)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Mark:
    """A suspicion that travels with a tensor until a later step makes it right or uses it."""

    kind: str
    location: Location | None
    variable: Variable | None = None
    text: str = ""

    def is_along(self, axis: Axis) -> bool:
        """True when it is about this axis, or about a piece of it."""
        return self.variable is not None and holds((axis,), self.variable)


@dataclass(frozen=True, slots=True)
class Packing:
    """The axes from which a packed tensor was made, and whether its rows were sorted for it."""

    batch: Axis
    time: Axis
    lengths: tuple[int, ...]
    batch_first: bool
    location: Location | None


@dataclass(frozen=True, slots=True)
class Label:
    """The axes of a tensor, the parts of recurrent results in it, suspicions, and its last move.

    ``moved`` is the line at which the user last reordered or regrouped axes since a layer gave
    them their meaning. ``mixed`` are Variables along which elements are no longer independent.
    """

    axes: Axes
    parts: frozenset[Part] = frozenset()
    marks: frozenset[Mark] = frozenset()
    moved: Location | None = None
    mixed: frozenset[Variable] = frozenset()
    packing: Packing | None = None
    source: str = ""

    def marked(self, kind: str) -> bool:
        """True when a suspicion of this kind travels with the tensor."""
        return any(mark.kind == kind for mark in self.marks)

    def with_axes(self, axes: Axes) -> Label:
        """The same tensor history over other axes."""
        return replace(self, axes=axes)


def combined(labels: tuple[Label, ...], axes: Axes) -> Label:
    """The label of a result that is made of several tensors."""
    if len(labels) == 1:
        only = labels[0]
        return only if only.axes is axes else replace(only, axes=axes)
    return Label(
        axes,
        frozenset().union(*(label.parts for label in labels)),
        frozenset().union(*(label.marks for label in labels)),
        next((label.moved for label in labels if label.moved is not None), None),
        frozenset().union(*(label.mixed for label in labels)),
        next((label.packing for label in labels if label.packing is not None), None),
    )
