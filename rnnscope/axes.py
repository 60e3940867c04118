"""What the axes of a tensor are: a role, and a size as symbol and as number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from math import prod


class Role(str, Enum):
    """What moving along an axis changes."""

    BATCH = "batch"
    TIME = "time"
    FEATURE = "feature"
    LAYERS = "layers*directions"
    GATES = "gates*hidden"
    STEPS = "batch*time"
    UNKNOWN = "unknown"

    def __str__(self) -> str:
        return self.value


class Reason(str, Enum):
    """Why an axis is where it is and has the size it has; ``reasons.py`` says each in words."""

    BATCH_FIRST = "batch first"
    BATCH_SECOND = "batch second"
    STATE_BATCH_SECOND = "states keep the batch second"
    CELL_BATCH = "one row per sample"
    TIME_FIRST = "time first"
    TIME_SECOND = "time second"
    TIME_UNBATCHED = "one unbatched sequence"
    PACKED_STEPS = "real steps only"
    INPUT_FEATURES = "input_size"
    OUTPUT_FEATURES = "one direction"
    OUTPUT_DIRECTIONS = "directions side by side"
    STATE_SLOTS = "one slot per layer and direction"
    STATE_WIDTH = "hidden_size"
    PROJECTED_WIDTH = "proj_size"
    CELL_STATE_WIDTH = "never projected"
    GATE_ROWS = "gates stacked"
    COLUMNS_INPUT = "reads the input"
    COLUMNS_BELOW = "reads the layer below"
    COLUMNS_STATE = "reads the previous state"
    PROJECTION_ROWS = "makes the projected state"
    PROJECTION_COLUMNS = "reads the full state"


@dataclass(frozen=True, slots=True)
class Size:
    """A number and the symbol that explains it.

    >>> str(Size.of("D*num_layers", {"D": 2, "num_layers": 2}))
    'D*num_layers = 4'
    """

    symbol: str
    value: int

    @classmethod
    def of(cls, symbol: str, values: Mapping[str, int]) -> Size:
        """Evaluate a product such as ``"4*H_cell"``: numbers and keys of ``values``."""
        if symbol in values:
            return cls(symbol, values[symbol])
        factors = symbol.split("*")
        return cls(symbol, prod(values[f] if f in values else int(f) for f in factors))

    def __str__(self) -> str:
        return f"{self.symbol} = {self.value}"


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a tensor: its role, its size, and why."""

    role: Role
    size: Size
    because: Reason | None = None

    def __str__(self) -> str:
        return f"{self.role} {self.size}"


@dataclass(frozen=True, slots=True)
class Axes:
    """The axes of one tensor, in order.

    >>> axes = Axes.of("N L D*H_out", {"N": 3, "L": 5, "D": 2, "H_out": 20})
    >>> axes.symbols, axes.shape
    ('(N, L, D*H_out)', (3, 5, 40))
    """

    axes: tuple[Axis, ...]

    @classmethod
    def of(cls, symbols: str, values: Mapping[str, int]) -> Axes:
        """Read ``"N L D*H_out"``: symbols divided by spaces, each a product of known factors."""
        sizes = (Size.of(symbol, values) for symbol in symbols.split())
        return cls(tuple(Axis(role_of(size.symbol), size) for size in sizes))

    @classmethod
    @lru_cache(1024)
    def measured(cls, shape: tuple[int, ...]) -> Axes:
        """Axes of which only the numbers are known."""
        return cls(tuple(Axis(Role.UNKNOWN, Size("?", n)) for n in shape))

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple([axis.size.value for axis in self.axes])

    @property
    def symbols(self) -> str:
        return tuple_text([axis.size.symbol for axis in self.axes])

    @property
    def numel(self) -> int:
        return prod(self.shape)

    def index(self, role: Role) -> int | None:
        """The position of the first axis of this role, or None."""
        return next((i for i, axis in enumerate(self.axes) if axis.role is role), None)

    def __iter__(self) -> Iterator[Axis]:
        return iter(self.axes)

    def __len__(self) -> int:
        return len(self.axes)

    def __str__(self) -> str:
        return f"{self.symbols} = {shape_text(self.shape)}"


def tuple_text(parts: list[str]) -> str:
    """Join as Python prints a tuple, the lone comma of one element included."""
    return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape as Python prints it.

    >>> shape_text((4, 3, 20)), shape_text((80,))
    ('(4, 3, 20)', '(80,)')
    """
    return tuple_text([str(n) for n in shape])


_ROLES = {
    "N": Role.BATCH,
    "L": Role.TIME,
    "num_layers": Role.LAYERS,
    "D*num_layers": Role.LAYERS,
    "sum(lengths)": Role.STEPS,
}


def role_of(symbol: str) -> Role:
    """The role that a symbol stands for: N batch, L time, H_* features, k*H_cell gates."""
    if symbol in _ROLES:
        return _ROLES[symbol]
    if symbol.split("*")[0].isdigit() and "H_cell" in symbol:
        return Role.GATES
    return Role.FEATURE if "H_" in symbol else Role.UNKNOWN
