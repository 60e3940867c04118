"""One torch operation as data, the notes it leaves, and the registry of those with a rule.

An operation is a pure function ``Operation -> Outcome``: shapes, labels and arguments in, axes and
notes out. It never sees a tensor. What has no rule gets no label: unknown is a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rnnscope.findings import Location
from rnnscope.tracing.factors import Axes, Axis, Factor
from rnnscope.tracing.reshape_algebra import Regrouped

GATHERED = 10**9  # the index of a Picked whose index differs from element to element
ENDS = GATHERED + 1  # the same, where it is known to be the last step of each sequence


@dataclass(frozen=True, slots=True)
class Operand:
    """A tensor among the arguments: its shape, its axes, and whether they were known before.

    ``values`` gives the elements of a tensor of indices; asked only where they decide something.
    """

    shape: tuple[int, ...]
    axes: Axes
    known: bool = False
    boolean: bool = False
    values: Callable[[], tuple[int, ...]] | None = None
    parameter: bool = False
    firsts: Callable[[], tuple[int, ...]] | None = None  # of indices: one for each row
    label: Any = None  # the Label it was made from, where there is one

    @property
    def ndim(self) -> int:
        return len(self.shape)


@dataclass(frozen=True, slots=True)
class Operation:
    """A call of a torch function: tensors among the arguments are Operands.

    ``shapes`` are those of the tensors it returned, in order.
    """

    name: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    shapes: tuple[tuple[int, ...], ...]
    location: Location | None = None  # filled in only for operations that are evidence

    def get(self, position: int, name: str, default: Any = None) -> Any:
        """An argument by its place or its name."""
        if position < len(self.args):
            return self.args[position]
        return self.kwargs.get(name, default)

    @property
    def first(self) -> Operand:
        """The tensor that the operation is about."""
        found = self.args[0] if self.args else self.kwargs.get("input")
        if not isinstance(found, Operand):
            raise NoRule(self.name)
        return found

    @property
    def shape(self) -> tuple[int, ...]:
        return self.shapes[0]

    def variadic(self, name: str, start: int = 1) -> tuple[Any, ...]:
        """``f(x, 1, 2)`` and ``f(x, (1, 2))`` mean the same."""
        rest = self.args[start:]
        if not rest:
            found = self.kwargs.get(name, ())
            return tuple(found) if isinstance(found, Sequence) else (found,)
        if len(rest) == 1 and isinstance(rest[0], (tuple, list)):
            return tuple(rest[0])
        return rest


# The kind of mark on a loss that was not reduced: one number for each sample.
PER_SAMPLE = "per sample"


class NoRule(Exception):  # noqa: N818  (it says what is the case, nothing went wrong)
    """This use of an operation is not understood: its result is unknown."""


@dataclass(frozen=True, slots=True)
class Picked:
    """One index was taken along a factor: ``index`` counts from the end where it was written so."""

    factor: Factor
    index: int


@dataclass(frozen=True, slots=True)
class Regrouping:
    """Axes were read with other boundaries."""

    before: Axes
    shape: tuple[int, ...]
    result: Regrouped


@dataclass(frozen=True, slots=True)
class Moved:
    """Axes changed their order."""


@dataclass(frozen=True, slots=True)
class Normalised:
    """Elements along an axis were made to depend on each other, and the axis is still there."""

    axis: Axis
    name: str


@dataclass(frozen=True, slots=True)
class Masked:
    """A mask over several axes left a list of elements, row by row."""


@dataclass(frozen=True, slots=True)
class Reduced:
    """An axis was summed, averaged, or searched away."""

    axis: Axis
    name: str


@dataclass(frozen=True, slots=True)
class Contracted:
    """Two axes were multiplied and summed away; ``parameter`` when one of them is a weight's."""

    axis: Axis
    name: str
    parameter: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """A layer takes an axis for something, by its documentation."""

    axis: Axis
    meaning: str
    name: str


@dataclass(frozen=True, slots=True)
class Met:
    """Two different axes met element by element."""

    left: Axis
    right: Axis


@dataclass(frozen=True, slots=True)
class Spread:
    """The one feature that a layer made of each row met the rows of another tensor."""

    single: Operand
    other: Operand


@dataclass(frozen=True, slots=True)
class Lost:
    """A loss was computed: scores against targets, the axis of the classes (None: no classes)."""

    scores: Operand
    targets: Operand | None
    class_dim: int | None
    name: str


Note = (
    Picked
    | Regrouping
    | Moved
    | Normalised
    | Reduced
    | Contracted
    | Read
    | Met
    | Spread
    | Lost
    | Masked
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The axes of one result, and what was noticed on the way."""

    axes: Axes
    notes: tuple[Note, ...] = ()


Rule = Callable[[Operation], "Outcome | Sequence[Outcome]"]
Own = TypeVar("Own", bound=Rule)


@dataclass(frozen=True, slots=True)
class Known:
    """An operation with a rule; a ``source`` gives axes to tensors that had none."""

    name: str
    rule: Rule
    source: bool = False
    located: bool = False


REGISTRY: dict[str, Known] = {}


def operation(*names: str, source: bool = False, located: bool = False) -> Callable[[Own], Own]:
    """Register a rule under the names of torch functions; ``located`` ones are told the line."""

    def register(rule: Own) -> Own:
        for name in names:
            REGISTRY[name] = Known(name, rule, source, located)
        return rule

    return register


def outcomes(result: Outcome | Sequence[Outcome]) -> list[Outcome]:
    """One or several, as a list."""
    return [result] if isinstance(result, Outcome) else list(result)


@dataclass
class Collected:
    """Notes gathered while axes are worked out."""

    notes: list[Note] = field(default_factory=list)

    def add(self, *notes: Note) -> None:
        self.notes.extend(notes)

    def of(self, axes: Axes) -> Outcome:
        return Outcome(axes, tuple(self.notes))


def position(dim: int, ndim: int) -> int:
    """A dimension counted from the front."""
    if not isinstance(dim, int) or isinstance(dim, bool):
        raise NoRule("dim")
    return dim + ndim if dim < 0 else dim
