"""What the rules about axes look at: sketches of what a program did, with the lines it did it at.

Nothing here holds a tensor or a live label, so that events can be made and compared without torch.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from rnnscope.config import RNNConfig
from rnnscope.findings import Location
from rnnscope.tracing.factors import Evidence


@dataclass(frozen=True, slots=True)
class Part:
    """What was read of one result of a layer, "output", "h_n" or "c_n".

    ``step`` is the index as written, negative from the end, None where all was taken.
    """

    result: str
    step: int | None = None
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What became of the results of one call of a recurrent layer.

    ``steps`` is L as the layer read it. ``padded`` tells that shorter sequences are filled up along
    time and how it is known; ``cut`` that the layer itself was told the lengths.
    """

    location: Location | None
    steps: int
    parts: tuple[Part, ...]
    padded: Evidence | None = None
    cut: bool = False


@dataclass(frozen=True, slots=True)
class AxisRead:
    """A layer read an axis as one thing, and there is evidence that it is another.

    ``read`` and ``known`` are what the layer says and what is known, each with its line. ``moved``
    is the line where the user last reordered the axes before; ``shape`` is that of the input.
    ``carried`` tells that the layer was given the state of an earlier call, ``alone`` that the
    other axis, the one left for rows or steps, has one element only.
    """

    read: Evidence
    known: Evidence
    axis: int
    shape: tuple[int, ...]
    location: Location | None
    layer: str
    config: RNNConfig | None = None
    built_at: Location | None = None
    moved: Location | None = None
    carried: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Tangled:
    """A view or reshape mixed the elements of different axes.

    ``kind`` is "swapped" (two axes changed places without a transposition), "rows" (rows of a batch
    were torn apart), "directions" (layers and directions taken in the other order), "directions
    last" (hidden units and directions taken so) or "classes".
    """

    kind: str
    location: Location | None
    before: tuple[int, ...]
    after: tuple[int, ...]
    names: tuple[str, ...]
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class StateAxes:
    """An initial state whose axes are not (layers, batch, hidden)."""

    location: Location | None
    config: RNNConfig
    name: str
    shape: tuple[int, ...]
    problem: str
    built_at: Location | None = None
    moved: Location | None = None


@dataclass(frozen=True, slots=True)
class Tied:
    """Elements along the batch axis were made to depend on each other on the way to a loss."""

    location: Location | None
    operation: str
    size: int
    known: Evidence
    reached: Location | None


@dataclass(frozen=True, slots=True)
class SoftmaxOfOne:
    """A softmax over the single feature that a layer made: its result is always 1."""

    location: Location | None
    operation: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SharesAcross:
    """Attention weights add up to 1 along one axis of steps, and are summed along another.

    ``shared`` is the axis of the softmax, ``summed`` that of the values; ``used`` is the product.
    """

    location: Location | None
    operation: str
    shared: Evidence
    summed: Evidence
    used: Location | None


@dataclass(frozen=True, slots=True)
class LossAxes:
    """Scores met targets in a loss, and their axes do not fit.

    ``kind`` is "classes" (the class axis is time), "order" (flattened in different orders),
    "normalised" (log_softmax ran along another axis than the classes), "pairs" (every row met
    every row), "weights" (the losses of the samples met a column).
    """

    kind: str
    location: Location | None
    loss: str
    scores: tuple[int, ...]
    targets: tuple[int, ...]
    detail: str = ""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class BatchLost:
    """A layer's batch axis is gone at the loss while its time axis is still there."""

    location: Location | None
    config: RNNConfig
    call: Location | None
    built_at: Location | None
    moved: Location | None
    batch: int
    steps: int
    loss: Location | None
    how: str
    where: Location | None
    samples: Evidence | None = None


@dataclass(frozen=True, slots=True)
class OrdersMet:
    """Rows that stand in different orders were laid side by side, or met targets.

    ``sorted_at`` is where one of them got its order.
    """

    location: Location | None
    size: int
    sorted_at: Location | None
    kind: str


@dataclass(frozen=True, slots=True)
class StateNames:
    """How the states of an LSTM were named where they were unpacked."""

    location: Location | None
    first: str
    second: str
    kind: str


@dataclass(frozen=True, slots=True)
class StatesSwapped:
    """h_n was given as c_0 and c_n as h_0."""

    location: Location | None
    config: RNNConfig


@dataclass(frozen=True, slots=True)
class PaddingReduced:
    """The steps of padded sequences were reduced to one without a mask."""

    location: Location | None
    operation: str
    padded: Evidence
    call: Location | None
    cut: bool
    steps: int


@dataclass(frozen=True, slots=True)
class CountedElsewhere:
    """Lengths for packing were counted along another axis than that of the steps."""

    location: Location | None
    counted: int
    steps: int
    packed: Location | None


@dataclass(frozen=True, slots=True)
class OrdersOfPacking:
    """Scores off packed data, step by step, met targets that a mask picked row by row."""

    location: Location | None
    loss: Location | None
    size: int


def identity(event: Any) -> tuple[Any, ...]:
    """What makes two events alike: their type, their lines, and everything that is no evidence."""
    values = (getattr(event, each.name) for each in fields(event))
    return (type(event).__name__, *(_plain(value) for value in values))


def _plain(value: Any) -> Any:
    if isinstance(value, Evidence):
        return value.meaning, value.because, value.location, value.certain
    if isinstance(value, tuple) and value and isinstance(value[0], Evidence):
        return tuple(_plain(item) for item in value)
    return value
