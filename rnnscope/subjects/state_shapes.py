"""What the states of a call should be, and in which way the given ones differ.

The order in which a difference is named matters more than its completeness: one transposed state
has two wrong axes, and is one mistake.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from rnnscope.axes import Axes, Axis, Size, role_of
from rnnscope.config import RNNConfig
from rnnscope.subjects import UNKNOWN, LayerCall, PartialConfig, TensorSpec


class Fault(Enum):
    """One way in which a state's shape can be wrong."""

    AXES = "another number of axes"
    BATCH_FIRST = "batch and layers swapped"
    LAYERS = "another number of layers*directions"
    BATCH = "another batch size"
    WIDTH = "another width"
    PROJECTION = "the width of the other state of a projected LSTM"


@dataclass(frozen=True, slots=True)
class StateFault:
    """One state whose shape is wrong: what it must be, what it is, what that reads as."""

    state: str
    fault: Fault
    expected: Axes
    got: tuple[int, ...] | None
    ndim: int
    reads_as: str | None

    def __str__(self) -> str:
        got = f"got {sizes_text(self.got)}" if self.got is not None else f"got {self.ndim} axes"
        reads = f", which reads as {self.reads_as}" if self.reads_as else ""
        return f"{self.state} must be {axes_text(self.expected)}, {got}{reads}"


def sizes_text(shape: tuple[int, ...]) -> str:
    """A shape as Python prints it, with ``?`` for what is not known.

    >>> sizes_text((4, -1, 20))
    '(4, ?, 20)'
    """
    parts = ["?" if n == UNKNOWN else str(n) for n in shape]
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def axes_text(axes: Axes) -> str:
    """Symbols and numbers; the symbols alone where no number is known."""
    if all(n == UNKNOWN for n in axes.shape):
        return axes.symbols
    return f"{axes.symbols} = {sizes_text(axes.shape)}"


def state_names(config: RNNConfig | PartialConfig) -> tuple[str, ...]:
    """``("h_0", "c_0")`` for an LSTM, ``("h_0",)`` for the others."""
    states = config.cell.states if isinstance(config, RNNConfig) else config.states
    return tuple(f"{state}_0" for state in states)


def batch_size(call: LayerCall) -> int | None:
    """N as the layer reads it off its input; None for one unbatched sequence, UNKNOWN if untold."""
    given = call.input
    if given is None or given.ndim is None:
        return UNKNOWN
    if given.type == "PackedSequence":
        return UNKNOWN if given.lengths is None else len(given.lengths)
    if given.ndim == (1 if call.config.single_step else 2):
        return None
    if given.shape is None or given.ndim != (2 if call.config.single_step else 3):
        return UNKNOWN
    first = call.config.single_step or call.config.batch_first
    return given.shape[0 if first else 1]


def expected_states(call: LayerCall) -> dict[str, Axes]:
    """The axes that each state of the call must have; what torch itself asked for comes first."""
    batch = batch_size(call)
    return {
        name: _stated(call.expected[name], call, name)
        if name in call.expected
        else _named(_symbols(call, name, batch is not None), _known_sizes(call))
        for name in state_names(call.config)
    }


def _symbols(call: LayerCall, name: str, batched: bool) -> str:
    layers = [] if call.config.single_step else ["D*num_layers"]
    width = "H_cell" if name == "c_0" else "H_out"
    return " ".join([*layers, *(["N"] if batched else []), width])


def _stated(shape: tuple[int, ...], call: LayerCall, name: str) -> Axes:
    outer = 1 if call.config.single_step else 2
    symbols = _symbols(call, name, batched=len(shape) > outer).split()
    if len(symbols) != len(shape):  # a message that somebody shortened or retyped
        return _named(" ".join(symbols), {})
    return Axes(tuple(Axis(role_of(s), Size(s, n)) for s, n in zip(symbols, shape, strict=True)))


def _known_sizes(call: LayerCall) -> dict[str, int]:
    """Values of the symbols that this call gives away."""
    config = call.config
    sizes = {}
    if isinstance(config, RNNConfig):
        sizes = config.sizes()
        sizes["D*num_layers"] = config.directions * config.num_layers
    batch = batch_size(call)
    if batch not in (None, UNKNOWN):
        sizes["N"] = batch or 0
    given = call.input
    if given and given.type == "Tensor" and given.ndim == 3 and given.shape:
        sizes["L"] = given.shape[1 if config.batch_first else 0]
    return sizes


def _named(symbols: str, sizes: Mapping[str, int]) -> Axes:
    return Axes(tuple(Axis(role_of(s), Size(s, sizes.get(s, UNKNOWN))) for s in symbols.split()))


def given_states(call: LayerCall) -> dict[str, TensorSpec]:
    """The states as tensors, by name; empty where they are left out or not even tensors."""
    names, hx = state_names(call.config), call.hx
    if hx is None or hx.type == "NoneType":
        return {}
    items = hx.items if hx.type in ("tuple", "list") else (hx,)
    if len(items) != len(names) or (len(names) > 1) != (hx.type in ("tuple", "list")):
        return {}
    return {n: s for n, s in zip(names, items, strict=True) if s.is_tensor and s.ndim is not None}


def _state_faults(call: LayerCall) -> Iterator[StateFault]:
    """Every wrong state of the call, each difference once."""
    if call.input is not None and call.input.type in ("list", "tuple"):
        return  # no input to measure states by: that is a mistake of its own
    expected, sizes = expected_states(call), _known_sizes(call)
    for name, sketch in given_states(call).items():
        for fault in _faults(expected[name], sketch, call):
            reads = probable_axes(sketch.shape, expected[name], sizes) if sketch.shape else None
            yield StateFault(name, fault, expected[name], sketch.shape, sketch.ndim or 0, reads)


def _faults(expected: Axes, sketch: TensorSpec, call: LayerCall) -> Iterator[Fault]:
    if sketch.ndim != len(expected):
        yield Fault.AXES
        return
    got = sketch.shape
    if got is None or got == expected.shape:
        return
    wanted = {axis.size.symbol: (axis.size.value, n) for axis, n in zip(expected, got, strict=True)}
    layers, batch = wanted.pop("D*num_layers", None), wanted.pop("N", None)
    if layers and batch and _swapped(layers, batch):
        yield Fault.BATCH_FIRST
    else:
        if layers and _differ(*layers):
            yield Fault.LAYERS
        if batch and _differ(*batch):
            yield Fault.BATCH
    for width in wanted.values():
        if _differ(*width):
            yield _width_fault(call.config, width[1])


def _differ(wanted: int, got: int) -> bool:
    return wanted != got and UNKNOWN not in (wanted, got)


def _swapped(layers: tuple[int, int], batch: tuple[int, int]) -> bool:
    """Batch first: axis 1 holds the layers, and neither axis is right where it stands."""
    if not _differ(*layers):
        return False
    return layers[0] == batch[1] and (batch[0] == UNKNOWN or batch[0] != batch[1])


def _width_fault(config: RNNConfig | PartialConfig, got: int) -> Fault:
    if isinstance(config, RNNConfig) and config.proj_size:
        return Fault.PROJECTION if got in (config.proj_size, config.hidden_size) else Fault.WIDTH
    return Fault.WIDTH


def probable_axes(
    got: tuple[int, ...], expected: Axes, sizes: Mapping[str, int] | None = None
) -> str | None:
    """What each axis of a wrong shape probably is; None when it could be anything.

    >>> wanted = Axes.of("D*num_layers N H_out", {"D": 2, "num_layers": 2, "N": 3, "H_out": 20})
    >>> probable_axes((3, 4, 20), wanted), probable_axes((3, 20), wanted)
    ('(N, D*num_layers, H_out)', '(N, H_out)')
    """
    named = [axis.size for axis in expected]
    aligned = zip(named, got, strict=True) if len(got) == len(named) else ()
    own = {size.symbol: n for size, n in aligned if size.value == n}
    names: list[str] = []
    for i, n in enumerate(got):
        if own and named[i].symbol in own:
            names.append(named[i].symbol)
            continue
        left = [size for size in named if size.symbol not in (*names, *own)]
        names.append(_other_symbol(n, left, sizes))
    if all(name == "?" for name in names):
        return None
    missing = [size.symbol for size in named if size.symbol not in names]
    if len(missing) == names.count("?") == 1 and len(got) == len(named):
        # By elimination: all other axes are told, so this one is the axis that is left.
        at = names.index("?")
        names[at] = f"{missing[0]} = {got[at]}"
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"


def _other_symbol(n: int, left: list[Size], sizes: Mapping[str, int] | None) -> str:
    same = [size.symbol for size in left if size.value == n != UNKNOWN]
    if same:
        return same[0]
    others = {k: v for k, v in (sizes or {}).items() if k in _TELLING and v == n and v > 1}
    return next(iter(others), "?")


# Symbols that are worth guessing from a number alone.
_TELLING = ("num_layers", "D*num_layers", "N", "L", "H_in", "H_out", "H_cell")


def faults_of(call: LayerCall, *kinds: Fault) -> list[StateFault]:
    """The faults of these kinds, in the order of the states."""
    if call.hx is None or call.hx.type == "NoneType":
        return []
    return [fault for fault in _all_faults(call) if fault.fault in kinds]


@lru_cache(8)
def _all_faults(call: LayerCall) -> tuple[StateFault, ...]:
    """Kept, because one rule after the other asks this of the same call."""
    return tuple(_state_faults(call))


def told(faults: list[StateFault]) -> str:
    """The faults as a sentence without its stop; two states with the same fault are named once."""
    first, *others = faults
    if others and others[0].expected.shape == first.expected.shape and others[0].got == first.got:
        same = str(first).removeprefix(first.state)
        return f"{names_of(faults)}{same}"
    return "; ".join(map(str, faults))


def names_of(faults: list[StateFault], joint: str = " and ") -> str:
    """``h_0 and c_0``."""
    return joint.join(fault.state for fault in faults)


def zeros_code(call: LayerCall, faults: list[StateFault]) -> str:
    """The line that builds the faulty states as they must be, on the input's device and dtype."""
    packed = call.input is not None and call.input.type == "PackedSequence"
    make = "torch.zeros" if packed else "input.new_zeros"
    shapes = {fault.state: _code_sizes(fault.expected, call, packed) for fault in faults}
    if len(set(shapes.values())) == 1:
        return f"{' = '.join(shapes)} = {make}({next(iter(shapes.values()))})"
    return "; ".join(f"{state} = {make}({sizes})" for state, sizes in shapes.items())


def _code_sizes(expected: Axes, call: LayerCall, packed: bool) -> str:
    first = call.config.single_step or call.config.batch_first
    known = call.config.single_step or call.config.batch_first is not None
    batch = f"input.size({0 if first else 1})" if known and not packed else "N"
    return ", ".join(_code_size(axis.size, batch) for axis in expected)


def _code_size(size: Size, batch: str) -> str:
    if size.symbol == "N" and (batch != "N" or size.value == UNKNOWN):
        return batch
    if size.value != UNKNOWN:
        return str(size.value)
    return {"H_out": "hidden_size", "H_cell": "hidden_size"}.get(size.symbol, size.symbol)
